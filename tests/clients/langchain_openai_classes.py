"""LangChain: ChatOpenAI and OpenAIEmbeddings. The latter sends token ids of OpenAI's, not texts."""

import os
from importlib.resources import files

# Token ids are made with a vocabulary that would be fetched; LlamaIndex brings it along.
os.environ.setdefault("TIKTOKEN_CACHE_DIR", str(files("llama_index.core") / "_static/tiktoken_cache"))

from common import FOLLOW_UP, MODEL, QUESTION, QUOTE, URL, check, cosine
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI, OpenAIEmbeddings
from openai import OpenAI

chat = ChatOpenAI(base_url=f"{URL}/v1", model="yiju")
answer = chat.invoke([SystemMessage("你是政策助手。"), HumanMessage(QUESTION)])
check(QUOTE in answer.text, answer)
check(answer.usage_metadata["total_tokens"] > 0, answer.usage_metadata)
streamed = "".join(chunk.text for chunk in chat.stream(QUESTION))
check(QUOTE in streamed, streamed)
followed = chat.invoke([HumanMessage(QUESTION), AIMessage(answer.text), HumanMessage(FOLLOW_UP)])
check("中小城市" in followed.text, followed)
responses = ChatOpenAI(base_url=f"{URL}/v1", model="yiju", use_responses_api=True)
check(QUOTE in responses.invoke(QUESTION).text, "responses")

embeddings = OpenAIEmbeddings(base_url=f"{URL}/v1", model=MODEL)
texts = [QUOTE, "猫粮哪个牌子好？", "a line\nand another"]
vectors = embeddings.embed_documents(texts)
question = embeddings.embed_query(QUESTION)
check(cosine(question, vectors[0]) > cosine(question, vectors[1]), "order")
plain = OpenAI(base_url=f"{URL}/v1").embeddings.create(model=MODEL, input=texts)
check(cosine(vectors[2], plain.data[2].embedding) > 0.9999, "token ids are read as their text")
