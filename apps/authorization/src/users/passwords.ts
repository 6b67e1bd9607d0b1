import { hash, verify } from '@node-rs/argon2'
import { failure } from '@plinth/contracts'

/** OWASP's first choice for argon2id: 19 MiB, two passes; some 30 ms of one core. */
const cost = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const
/** Each takes 19 MiB while it runs and a thread of the pool of four; beyond this many, callers come back later. */
const waitingMax = 64

export type Passwords = {
  hash(password: string): Promise<string>
  /** True when the password is the one of the hash. Without a hash it takes the same time, and is false. */
  verify(password: string, hash: string | undefined): Promise<boolean>
}

/** Passwords by argon2id. */
export async function createPasswords(): Promise<Passwords> {
  const nobodys = await hash('the password of nobody', cost)
  let waiting = 0
  const limited = async <T>(work: () => Promise<T>): Promise<T> => {
    if (waiting >= waitingMax) throw failure('platform.rate_limited', { retryAfterSeconds: 5 })
    waiting++
    try {
      return await work()
    } finally {
      waiting--
    }
  }
  return {
    hash: (password) => limited(() => hash(password, cost)),
    verify: (password, known) => limited(async () => (await verify(known ?? nobodys, password)) && known !== undefined),
  }
}
