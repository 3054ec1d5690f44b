/** Who is signed in. */
export interface Session {
  /** The account, as in `alice.near`. */
  accountId: string;
  /** The key that signed; none where the account is a contract. */
  publicKey: string | null;
  /** `mainnet`, `testnet` or a chain id. */
  network: string;
  /** When it ends, as in `2026-01-31T12:00:00.000Z`. */
  expiresAt: string;
  /** When it began; `signIn` leaves it out. */
  createdAt?: string;
  /** The session itself, where it is no cookie. Whoever has it is signed in: keep it in memory. */
  token?: string;
}
