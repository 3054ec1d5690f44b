import { useEffect, useState } from "react";
import { getSession, onChange } from "siwn-client";

/** Where the server is: in production under this page's own origin, and then none of it needs to be said. */
export const server = SERVER;

/** Who is signed in: `undefined` until it is known, `null` for nobody. */
export function useSession() {
  const [session, setSession] = useState();
  useEffect(() => {
    getSession({ server }).then(setSession, () => setSession(null));
    return onChange(setSession, { server });
  }, []);
  return session;
}
