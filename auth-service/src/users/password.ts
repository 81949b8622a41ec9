/**
 * Argon2id with 19 MiB and two passes (OWASP's first choice), computed on libuv's threads: the event loop goes on.
 */
const OPTIONS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const; // the library's algorithm is Argon2id unless told

/** The native module is loaded with the first password, not at start. */
const argon2 = () => import('@node-rs/argon2');

export const hashPassword = async (password: string): Promise<string> => (await argon2()).hash(password, OPTIONS);

let decoy: Promise<string> | undefined;
/** `hash` null: no such user. The work is the same then, so that the time does not tell which names exist. */
export async function passwordMatches(hash: string | null, password: string): Promise<boolean> {
  const { verify } = await argon2();
  if (hash !== null) return verify(hash, password);
  decoy ??= hashPassword('nobody has this password');
  await verify(await decoy, password);
  return false;
}
