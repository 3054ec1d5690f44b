const siwn = process.env.SIWN_URL ?? "http://127.0.0.1:8080";

/** Who sent a request: an account, or null. */
export async function accountOf(request) {
  const answer = await fetch(`${siwn}/api/auth/session`, { headers: { cookie: request.headers.cookie ?? "" } });
  if (answer.status === 401) return null;
  if (!answer.ok) throw new Error(`siwn cannot say: ${answer.status}`); // answer 503, not 401
  return (await answer.json()).accountId;
}
