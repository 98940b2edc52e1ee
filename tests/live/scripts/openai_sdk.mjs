// The OpenAI SDK for Node: a whole reply, a stream, and the stream() helper.
import OpenAI from "openai";

const { URL_, KEY, MODEL, FORMAT } = process.env;
const client = new OpenAI({ baseURL: `${URL_}/v1`, apiKey: KEY, maxRetries: 0 });
const asked = { model: MODEL, messages: [{ role: "user", content: "Draw." }] };
const options = { headers: { "X-Image-Format": FORMAT } };

const { data, response } = await client.chat.completions.create(asked, options).withResponse();
const deltas = [];
for await (const chunk of await client.chat.completions.create({ ...asked, stream: true }, options)) {
  for (const choice of chunk.choices) deltas.push(choice.delta);
}
const final = await client.chat.completions.stream(asked, options).finalChatCompletion();
console.log(JSON.stringify({
  format: response.headers.get("x-image-format"),
  message: data.choices[0].message,
  deltas,
  final: final.choices[0].message,
}));
