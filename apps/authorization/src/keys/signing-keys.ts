import { createPrivateKey, type KeyObject } from 'node:crypto'
import type { Clock, Identity } from '@plinth/kernel'
import type { Sealing } from '@plinth/kernel/sealing'
import { recordAudit, type Executor, type Store, type Tx } from '@plinth/store'
import type { JWK } from 'jose'
import { platform, source } from '../parts.ts'
import { algorithmOf, givenKey, jwkOf, newKey } from './key-pairs.ts'
import * as store from './store.ts'

const dayMs = 86_400_000
export const rotateAfterMs = 90 * dayMs
/** How long a key verifies after its last signature: the longest life of a token of its, and clocks that differ. */
const overlapMs: Readonly<Record<store.KeyUse, number>> = { access: 15 * 60_000, identity: dayMs + 60 * 60_000 }
const uses: readonly store.KeyUse[] = ['access', 'identity']

type Needs = { store: Pick<Store, 'db' | 'transaction'>; clock: Clock; sealing: Sealing }
export type SigningKeys = {
  /** The one key that signs now, whichever process made it so: asked of the database each time. */
  signer(use: store.KeyUse): Promise<{ kid: string; key: KeyObject }>
  list(): Promise<store.KeyRow[]>
  /** All that verify: those in use, those to come, and those whose tokens may still be about. */
  jwks(): Promise<{ keys: JWK[] }>
  /** From now on another key signs: the one that was published before. */
  rotate(use: store.KeyUse, who: Pick<Identity, 'subject'>): Promise<void>
  /** Rotates what has signed for 90 days and forgets what no longer verifies. Safe in several processes at once. */
  maintain(): Promise<void>
}

const purpose = (kid: string): string => `signing-key/${kid}`

/**
 * The keys of tokens, in the database, their private parts encrypted. Of each use one signs and one is published in
 * advance, so that a verifier which keeps what it fetched knows the next key before it is used. The first key of access
 * tokens is the one that was given from outside; a later start finds it there, or rotated away.
 */
export async function openSigningKeys(needs: Needs, firstKeyPem: string): Promise<SigningKeys> {
  const { db } = needs.store
  const seal = (kid: string, pem: string): string => needs.sealing.seal(purpose(kid), pem)
  await prepareKeys(needs, seal, firstKeyPem)
  const opened = new Map<string, KeyObject>()
  const jwkOfKid = new Map<string, JWK>()

  // Better now than at the first sign-in.
  for (const use of uses) {
    const active = await store.findKey(db, use, 'active')
    if (active !== undefined) openKey(needs.sealing, active)
  }
  const list = (): Promise<store.KeyRow[]> => store.listKeys(db, needs.clock.now())
  const rotate = async (use: store.KeyUse, who: Pick<Identity, 'subject'>, onlyDue: boolean): Promise<void> => {
    if (onlyDue && !isDue(await store.findKey(db, use, 'active'), needs.clock.now())) return
    // Made before anything is locked: a pair for RSA takes a good part of a second.
    const following = await newKey(use, seal)
    await needs.store.transaction(async (tx) => {
      const now = needs.clock.now()
      await store.lockKeys(tx)
      const active = await store.findKey(tx, use, 'active')
      if (onlyDue && !isDue(active, now)) return
      await rotateIn(tx, { use, who, following, active, now })
    })
  }
  return {
    async signer(use) {
      const active = await store.findKey(db, use, 'active')
      if (active === undefined) throw new Error(`no key signs ${use} tokens`)
      let key = opened.get(active.kid)
      if (key === undefined) {
        key = openKey(needs.sealing, active)
        // One of each use is enough: those before never sign again.
        if (opened.size >= uses.length * 2) opened.clear()
        opened.set(active.kid, key)
      }
      return { kid: active.kid, key }
    },
    list,
    async jwks() {
      const rows = await list()
      for (const kid of jwkOfKid.keys()) if (!rows.some((row) => row.kid === kid)) jwkOfKid.delete(kid)
      const keys = rows.map(async ({ kid, use, publicKey }) => {
        const jwk = jwkOfKid.get(kid) ?? (await jwkOf(kid, use, publicKey))
        jwkOfKid.set(kid, jwk)
        return jwk
      })
      return { keys: await Promise.all(keys) }
    },
    rotate: (use, who) => rotate(use, who, false),
    async maintain() {
      for (const use of uses) await rotate(use, platform, true)
      await store.forgetRetired(db, needs.clock.now())
    },
  }
}

type Rotation = {
  use: store.KeyUse
  who: Pick<Identity, 'subject'>
  following: store.NewKey
  active: { kid: string } | undefined
  now: Date
}

/** All in one transaction: whoever is killed within leaves the key that signed before. */
async function rotateIn(tx: Tx, { use, who, following, active, now }: Rotation): Promise<void> {
  const next = await store.findKey(tx, use, 'next')
  if (active !== undefined) await store.retire(tx, active.kid, new Date(now.getTime() + overlapMs[use]))
  if (next !== undefined) await store.activate(tx, next.kid, now)
  await store.insertKey(tx, following, next === undefined ? 'active' : 'next', now)
  await recordAudit(tx, source, who, {
    action: 'signing-key.rotate',
    project: 'platform',
    object: `signing-key/${next?.kid ?? following.kid}`,
    detail: { use, algorithm: algorithmOf(use), ...(active && { retired: active.kid }) },
  })
}

function openKey(sealing: Sealing, { kid, privateKey }: { kid: string; privateKey: string }): KeyObject {
  let pem: string
  try {
    pem = sealing.open(purpose(kid), privateKey)
  } catch (cause) {
    throw new Error('PLINTH_SECRET_KEY is not the one that the signing keys were encrypted with', { cause })
  }
  return createPrivateKey(pem)
}

const isDue = (active: { signsFrom: string | null } | undefined, now: Date): boolean =>
  active === undefined || now.getTime() - Date.parse(active.signsFrom ?? '') >= rotateAfterMs

/** Of each use one that signs and one that waits. Does nothing where they are there. */
async function prepareKeys(needs: Needs, seal: (kid: string, pem: string) => string, firstPem: string): Promise<void> {
  const missing = async (executor: Executor) => {
    const rows = await store.listKeys(executor, needs.clock.now())
    return uses.flatMap((use) =>
      (['active', 'next'] as const)
        .filter((state) => !rows.some((row) => row.use === use && row.state === state))
        .map((state) => ({ use, state })),
    )
  }
  const wanted = await missing(needs.store.db)
  // Read also where it is not taken: a start with a broken key fails whatever the database holds.
  const given = await givenKey(firstPem, seal)
  const made = await Promise.all(
    wanted.map(async ({ use, state }) => ({
      state,
      key: use === 'access' && state === 'active' ? given : await newKey(use, seal),
    })),
  )
  await needs.store.transaction(async (tx) => {
    await store.lockKeys(tx)
    const still = await missing(tx)
    for (const { key, state } of made)
      if (still.some((one) => one.use === key.use && one.state === state))
        await store.insertKey(tx, key, state, needs.clock.now())
  })
}
