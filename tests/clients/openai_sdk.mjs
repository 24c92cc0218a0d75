// The openai SDK for JavaScript: chat completions, responses and embeddings.
import OpenAI from "openai";

const url = process.env.YIJU_URL;
const question = "超大城市的规模要不要控制？";
const check = (condition, said) => {
  if (!condition) throw new Error(`wrong: ${JSON.stringify(said)}`);
};

const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "none" });
const messages = [{ role: "user", content: question }];
const whole = await client.chat.completions.create({ model: "yiju", messages });
const message = whole.choices[0].message;
check(message.content.includes("控制超大城市的规模"), message);
const cited = message.annotations[0].url_citation;
// Offsets count characters; this text has none outside the first plane, where JavaScript counts two.
check(message.content.slice(cited.start_index, cited.end_index) === "[1]", cited);

let text = "";
for await (const chunk of await client.chat.completions.create({ model: "yiju", messages, stream: true })) {
  text += chunk.choices[0]?.delta?.content ?? "";
}
check(text === message.content, text);

const response = await client.responses.create({ model: "yiju", input: question });
check(response.output_text === message.content, response);

// Its default asks for base64.
const made = await client.embeddings.create({ model: "yiju-e5-small-q8", input: question });
check(made.data[0].embedding.length === 384, made.usage);
