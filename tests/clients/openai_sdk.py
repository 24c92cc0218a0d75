"""The openai SDK: chat completions, responses, models, embeddings; whole and streamed."""

from common import FOLLOW_UP, MODEL, QUESTION, QUOTE, URL, check, cosine
from openai import BadRequestError, NotFoundError, OpenAI

client = OpenAI(base_url=f"{URL}/v1")
check([model.id for model in client.models.list()][0] == "yiju", client.models.list())

messages = [{"role": "system", "content": "你是政策助手。"}, {"role": "user", "content": QUESTION}]
whole = client.chat.completions.create(model="yiju", messages=messages)
message = whole.choices[0].message
check(QUOTE in message.content and "[1]" in message.content, message)
cited = message.annotations[0].url_citation
check(message.content[cited.start_index : cited.end_index] == "[1]", cited)
check(cited.url.startswith(f"{URL}/v1/clauses/"), cited)
check(whole.usage.total_tokens > whole.usage.completion_tokens > 0, whole.usage)
check(QUOTE in whole.yiju["citations"][0]["quote"], whole.yiju)

stream = client.chat.completions.create(
    model="yiju", messages=messages, stream=True, stream_options={"include_usage": True}
)
chunks = list(stream)
text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
check(text == message.content, text)
check(chunks[-1].usage == whole.usage, chunks[-1])

written = client.chat.completions.create(model="yiju-writer", messages=messages)
told = written.choices[0].message
check(told.content.startswith("推动超大特大城市控制超大城市的规模，合理有序疏解非核心功能。[1]\n"), told)
check("九百万" not in told.content and written.yiju["written"]["dropped"], written.yiju)
cited = told.annotations[0].url_citation
check(told.content[cited.start_index : cited.end_index] == "[1]", cited)
deltas = client.chat.completions.create(model="yiju-writer", messages=messages, stream=True)
deltas = [chunk.choices[0].delta.content or "" for chunk in deltas]
check("".join(deltas) == told.content and deltas[1].endswith("。[1]"), deltas)
response = client.responses.create(model="yiju-writer", input=QUESTION)
check(response.output_text == told.content, response)

turns = [*messages, {"role": "assistant", "content": message.content}, {"role": "user", "content": FOLLOW_UP}]
followed = client.chat.completions.create(model="yiju", messages=turns)
check(followed.yiju["understood_as"], followed.yiju)

response = client.responses.create(model="yiju", input=QUESTION)
check(response.output_text == message.content, response)
check(response.output[0].content[0].annotations[0].type == "url_citation", response)
with client.responses.stream(model="yiju", input=QUESTION) as events:
    kinds = [event.type for event in events]
    final = events.get_final_response()
check("response.output_text.delta" in kinds and final.output_text == message.content, kinds)

made = client.embeddings.create(model=MODEL, input=[QUESTION, "控制超大城市的规模。", "猫粮哪个牌子好？"])
question, near, far = (one.embedding for one in made.data)
check(cosine(question, near) > cosine(question, far), made.usage)

for call, error in [
    (lambda: client.chat.completions.create(model="gpt-4o", messages=messages), NotFoundError),
    (lambda: client.embeddings.create(model=MODEL, input=["a", ""]), BadRequestError),
]:
    try:
        call()
    except error as raised:
        check(raised.body["code"], raised)
    else:
        check(False, f"no {error.__name__}")
