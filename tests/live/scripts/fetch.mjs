// No SDK: plain fetch, whole and streamed.
const { URL_, KEY, MODEL, FORMAT } = process.env;

async function ask(stream) {
  return fetch(`${URL_}/v1/chat/completions`, {
    method: "POST",
    headers: {
      Authorization: `Bearer ${KEY}`,
      "Content-Type": "application/json",
      "X-Image-Format": FORMAT,
    },
    body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: "Draw." }], stream }),
  });
}

const whole = await ask(false);
const reply = await whole.json();
const text = await (await ask(true)).text();
const deltas = text
  .split(/\r?\n/)
  .filter((line) => line.startsWith("data: {"))
  .flatMap((line) => JSON.parse(line.slice(6)).choices.map((choice) => choice.delta));
console.log(JSON.stringify({
  format: whole.headers.get("x-image-format"),
  message: reply.choices[0].message,
  deltas,
}));
