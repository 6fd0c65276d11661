/** Requests to the API: tokens, retries, problems. The functions of `api.js` are made from it. */

import texts from "./texts.js";

const TOKEN = "token";
const HINT = "signed-in";
/** A token with less time left is exchanged before it is used. */
const LEAST_LIFE = 60_000;
/** How often a request is sent again when the shop says when; and the longest time that it waits for that. */
const TRIES = 3;
const LONGEST_WAIT = 5_000;

const channel = new BroadcastChannel("session");

/** A refusal of the API, or a failure of the network with the code OFFLINE. */
export class Problem extends Error {
  constructor({ status = 0, code, detail, errors = [], retryAfter = null }) {
    super(detail);
    Object.assign(this, { status, code, detail, errors, retryAfter });
  }
}

const stored = (storage, key) => { try { return JSON.parse(storage.getItem(key)); } catch { return null; } };

/** What this browser knows of the session: `{name}`, or null. The name is only shown. */
export const signedIn = () => stored(localStorage, HINT);

/** Keeps the tokens of a login. The refresh token is in a cookie that scripts cannot read. */
export function begin({ access_token, expires_in, user }) {
  keep(access_token, Date.now() + expires_in * 1000);
  if (user) localStorage.setItem(HINT, JSON.stringify({ name: user.name }));
  channel.postMessage({ began: stored(sessionStorage, TOKEN) });
  dispatchEvent(new Event("session"));
}

/** Forgets the session, in all tabs. */
export function end() {
  forget();
  channel.postMessage({ ended: true });
}

function keep(text, until) { sessionStorage.setItem(TOKEN, JSON.stringify({ text, until })); }

function forget() {
  sessionStorage.removeItem(TOKEN);
  localStorage.removeItem(HINT);
  dispatchEvent(new Event("session"));
}

channel.addEventListener("message", ({ data }) => {
  if (data.ended) forget();
  if (data.began) { keep(data.began.text, data.began.until); dispatchEvent(new Event("session")); }
});

/** The access token; null for somebody who is not signed in. One tab exchanges it for all. */
async function token() {
  const fresh = () => {
    const held = stored(sessionStorage, TOKEN);
    return held && held.until - Date.now() > LEAST_LIFE ? held.text : null;
  };
  if (!signedIn()) return null;
  return fresh() ?? navigator.locks.request("refresh", async () => fresh() ?? refresh());
}

async function refresh() {
  try {
    const { data } = await send("POST", "/api/v1/auth/refresh", {});
    begin(data);
    return data.access_token;
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    end();
    return null;
  }
}

/**
 * Sends a request, signed in if there is a session. Resolves to `{data, meta, headers}`; rejects with a {@link Problem}.
 * @param {{query?: object, body?: object, headers?: object, anonymous?: boolean}} options
 */
export async function call(method, path, options = {}) {
  const bearer = options.anonymous ? null : await token();
  try {
    return await send(method, path, options, bearer);
  } catch (problem) {
    if (problem.status !== 401 || !bearer) throw problem;
    // The session may have ended elsewhere. If it has not, a new token is accepted.
    sessionStorage.removeItem(TOKEN);
    const next = await token();
    if (!next) throw problem;
    return send(method, path, options, next);
  }
}

async function send(method, path, { query, body, headers = {} }, bearer = null) {
  const search = new URLSearchParams(Object.entries(query ?? {}).filter(([, value]) => value != null && value !== ""));
  const url = search.size ? `${path}?${search}` : path;
  const request = { method, headers: { accept: "application/json", ...headers } };
  if (bearer) request.headers.authorization = `Bearer ${bearer}`;
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers["content-type"] = "application/json";
  }
  // Only a request whose repeat changes nothing more is sent again without being asked.
  const repeats = method === "GET" || "idempotency-key" in headers;
  for (let tries = 1; ; tries += 1) {
    const answer = await attempt(url, request);
    if (answer instanceof Problem && repeats && tries < TRIES && ["OFFLINE", "TRY_AGAIN"].includes(answer.code)) {
      await new Promise((wait) => setTimeout(wait, Math.min((answer.retryAfter ?? tries) * 1000, LONGEST_WAIT)));
      continue;
    }
    if (answer instanceof Problem) throw answer;
    return answer;
  }
}

async function attempt(url, request) {
  let answer, content;
  try {
    answer = await fetch(url, request);
    const text = await answer.text();
    content = text === "" ? {} : JSON.parse(text);
  } catch {
    return answer && answer.ok === false
      ? new Problem({ status: answer.status, code: "TRY_AGAIN", detail: texts.busy })
      : new Problem({ code: "OFFLINE", detail: texts.offline });
  }
  if (answer.ok) return { data: content.data, meta: content.meta, headers: answer.headers };
  const code = (content.type ?? "").replace("/problems/", "").replaceAll("-", "_").toUpperCase() || "TRY_AGAIN";
  const retryAfter = Number(answer.headers.get("retry-after")) || null;
  return new Problem({ status: answer.status, code, detail: content.detail ?? texts.busy, errors: content.errors, retryAfter });
}
