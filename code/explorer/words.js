"use strict";
// Numbers, written as code/main.py writes them, and the field's terms.

function fixed(x, digits) {
  // a half goes to the even digit, as in Python
  const at = x * 10 ** digits;
  const half = (x * 2 ** (digits + 1)) % 1 === 0 && Math.abs(at % 1) === 0.5;
  return (half ? (2 * Math.round(at / 2)) / 10 ** digits : x).toFixed(digits);
}
const power = (x) => Number(x.toExponential().split("e")[1]);
function exponential(x, digits) {
  const unit = 10 ** (power(x) - digits);
  const even = x % unit === unit / 2 ? 2 * Math.round(x / unit / 2) * unit : x;
  const [mantissa, exponent] = even.toExponential(digits).split("e");
  return `${mantissa}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}
function general(x, digits) {
  // Python's .3g
  if (!x) return "0";
  const size = power(Number(x.toExponential(digits - 1)));
  if (size < -4 || size >= digits) return exponential(x, digits - 1).replace(/\.?0+e/, "e");
  const text = fixed(x, digits - 1 - size);
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}
const commas = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
function three(x) {
  if (x === null) return "n/a";
  if (x < 0) return `-${three(-x)}`;
  if (x < 1) return x >= 0.001 ? general(x, 2) : x ? "<0.001" : "0";
  if (x < 99.95) return fixed(x, 1);
  if (x < 999.95) return fixed(x, 1).replace(/\.0$/, "");
  return x < 1e7 ? commas(fixed(x, 0)) : exponential(x, 1);
}
const plain = (x) => three(x).replace(/\.0$/, "");
function duration(x) {
  if (x === null) return "n/a";
  if (x < 0) return `-${duration(-x)}`;
  if (x > 0 && x < 1e-6) return "<0.001 ms";
  return x >= 0.9995 ? `${three(x)} s` : `${general(1000 * x, 3)} ms`;
}
function dollars(x) {
  if (x < 0) return `-${dollars(-x)}`;
  if (x < 99.995) return `$${fixed(x, 2)}`;
  return `$${x < 1e8 ? commas(fixed(x, 0)) : exponential(x, 1)}`;
}
const percent = (x, digits) => `${fixed(100 * x, digits)}%`;
const gbit = (x) => general(8 * x, 3);
const end = (x) => plain(x >= 100 ? Number(fixed(x, 0)) : x);
const words_of = (name) => name.replaceAll("_", " "); // image_pull: image pull
const about = (x) => (x === 0 ? "0 s" : duration(x).replace(/\.0 s$/, " s")); // where room is short

const TERMS = {
  // what each means, where it stands
  "cold start":
    "From no replica to the first token: a GPU node comes up, an image is pulled, the " +
    "weights travel into GPU memory, the engine starts, a first pass runs. Whoever asks first " +
    "waits for all of it, and so does whoever asks meanwhile.",
  rent:
    "What is paid whether anybody asks or not: a warm pool, a standby node. GPUs that come and go with " +
    "requests, or with the hour in a timed pool, are on top: see the bill of the day.",
  "a day":
    "Each mark is a request: how high it stands is how long it waited for its first token, and above the " +
    "dotted line, the promise, it is late. Below, a lane for each replica at work: it boots, works, idles. " +
    "Both strips have the same requests.",
  published:
    "How far apart published measurements of each phase lie. A bar ends somewhere on its " +
    "whisker.",
  "warm pool":
    "Replicas that are kept ready around the clock. They answer at once, and are paid " +
    "whether anybody asks or not.",
  "break-even":
    "The rate of requests from which a warm pool costs less than the late requests do " +
    "that it avoids.",
  "self-warm":
    "The rate from which traffic itself keeps a replica ready often enough: at most one " +
    "request in a hundred is late, without a pool.",
  late: "A request whose time to first token (TTFT) is over the promise, the SLA.",
  eviction:
    "The cloud takes a node back under a running request. Its KV cache, what the GPU has " +
    "computed of its tokens, is lost unless it is moved. Moving the tokens alone means few " +
    "bytes, and computing the cache again on the other GPU; the source goes on meanwhile, so the " +
    "request feels the last round alone. The KV cache in one piece pauses it until it is there.",
  evictions:
    "How often a day each replica is taken back under its requests. With twelve, two replicas lose " +
    "about a node an hour between them. One that meets no request moves none.",
  idle: "Keep-alive: for so many seconds a replica without work is kept before it is let go.",
  "timed pool":
    "Replicas kept warm in some hours of the day: 8-18:2 keeps two from 8 to 18 h, " +
    "8-18:2,18-22:1 one more block. They boot ahead of time.",
  TTFT:
    "Time to first token: what a request waits until the first word of its answer. P99 is what " +
    "one in a hundred waits, or longer.",
  "KV cache":
    "What the GPU has computed of a request's tokens, and needs for the next one: at 8,192 " +
    "tokens of a 70B it is 2.7 GB, beside 33 kB of tokens.",
  crossover:
    "The bandwidth above which the KV cache moves faster than it is computed again from " +
    "its tokens. By bytes and by pause the tokens win on either side.",
};
