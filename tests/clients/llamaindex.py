"""LlamaIndex: OpenAILike, OpenAIEmbedding, and its classes for text-embeddings-inference."""

from common import MODEL, QUESTION, QUOTE, URL, check, cosine
from llama_index.core.llms import ChatMessage
from llama_index.core.schema import NodeWithScore, QueryBundle, TextNode
from llama_index.embeddings.openai import OpenAIEmbedding
from llama_index.embeddings.text_embeddings_inference import TextEmbeddingsInference
from llama_index.llms.openai_like import OpenAILike
from llama_index.postprocessor.tei_rerank import TextEmbeddingInference as Reranker

llm = OpenAILike(model="yiju", api_base=f"{URL}/v1", api_key="none", is_chat_model=True)
answer = llm.chat([ChatMessage(role="user", content=QUESTION)])
check(QUOTE in answer.message.content, answer)
streamed = "".join(part.delta or "" for part in llm.stream_chat([ChatMessage(role="user", content=QUESTION)]))
check(streamed == answer.message.content, streamed)

texts = ["猫粮哪个牌子好？", QUOTE + "，合理有序疏解非核心功能。", "推进北方地区冬季清洁取暖。"]
for embedding in (
    OpenAIEmbedding(model_name=MODEL, api_base=f"{URL}/v1", api_key="none"),
    TextEmbeddingsInference(model_name=MODEL, base_url=URL),
):
    question = embedding.get_query_embedding(QUESTION)
    cosines = [cosine(question, vector) for vector in embedding.get_text_embedding_batch(texts)]
    check(max(cosines) == cosines[1], cosines)

nodes = [NodeWithScore(node=TextNode(text=text)) for text in texts]
ranked = Reranker(base_url=URL, top_n=2).postprocess_nodes(nodes, QueryBundle(QUESTION))
check([node.text for node in ranked][0] == texts[1] and len(ranked) == 2, ranked)
