"""Haystack: OpenAIChatGenerator, OpenAITextEmbedder and OpenAIDocumentEmbedder."""

from common import MODEL, QUESTION, QUOTE, URL, check, cosine
from haystack import Document
from haystack.components.embedders import OpenAIDocumentEmbedder, OpenAITextEmbedder
from haystack.components.generators.chat import OpenAIChatGenerator
from haystack.dataclasses import ChatMessage

generator = OpenAIChatGenerator(model="yiju", api_base_url=f"{URL}/v1")
reply = generator.run([ChatMessage.from_user(QUESTION)])["replies"][0]
check(QUOTE in reply.text, reply)
chunks = []
streaming = OpenAIChatGenerator(model="yiju", api_base_url=f"{URL}/v1", streaming_callback=chunks.append)
check(streaming.run([ChatMessage.from_user(QUESTION)])["replies"][0].text == reply.text, chunks)

question = OpenAITextEmbedder(model=MODEL, api_base_url=f"{URL}/v1").run(QUESTION)["embedding"]
documents = [Document(content="猫粮哪个牌子好？"), Document(content=QUOTE)]
embedder = OpenAIDocumentEmbedder(model=MODEL, api_base_url=f"{URL}/v1", progress_bar=False)
far, near = (document.embedding for document in embedder.run(documents)["documents"])
check(cosine(question, near) > cosine(question, far), "order")
