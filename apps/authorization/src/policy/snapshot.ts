import type { AccessIndex, Link, Rule } from '@plinth/access'
import type { policySnapshot, RpcRequest, RpcResponse } from '@plinth/contracts'
import type { LivePolicy } from './live-policy.ts'

type Page = RpcResponse<typeof policySnapshot>

/** Far below the 8 MiB that the broker takes, and small enough to be read between two requests. */
const pageCharactersMax = 512 * 1024
/** Whoever began to read one goes on with it while the policy changes. */
const snapshotsKept = 3

/** The policy in pages. They are made at the first question for a revision; the last few revisions asked for are kept. */
export function policySnapshots(policy: Pick<LivePolicy, 'current'>) {
  const kept: { index: AccessIndex; pages: Page[] }[] = []
  const ofCurrent = async (): Promise<Page[]> => {
    const index = await policy.current()
    const known = kept.find((one) => one.index === index)
    if (known !== undefined) return known.pages
    const pages = pagesOf(index)
    kept.unshift({ index, pages })
    kept.length = Math.min(kept.length, snapshotsKept)
    return pages
  }
  return async ({ page = 0, revision }: RpcRequest<typeof policySnapshot>): Promise<Page> => {
    const begun = page === 0 ? undefined : kept.find(({ index }) => index.revision === revision)
    const pages = begun?.pages ?? (await ofCurrent())
    const [first] = pages
    return pages[page] ?? { revision: first?.revision ?? 0, pages: pages.length, rules: [], links: [] }
  }
}

function pagesOf(index: AccessIndex): Page[] {
  const { revision, rules, links, freezes = [] } = index.policySet()
  const pages: Page[] = []
  let page: Page = { revision, pages: 1, rules: [], links: [], freezes: freezes.map((freeze) => ({ ...freeze })) }
  let characters = 0
  const room = (wanted: number): void => {
    if (characters + wanted > pageCharactersMax) {
      pages.push(page)
      page = { revision, pages: 1, rules: [], links: [] }
      characters = 0
    }
    characters += wanted
  }
  for (const rule of rules) {
    room(sizeOfRule(rule))
    page.rules.push(rule)
  }
  for (const link of links) {
    room(sizeOfLink(link))
    page.links.push(plain(link))
  }
  pages.push(page)
  return pages.map((one) => ({ ...one, pages: pages.length }))
}

/** Of the row as JSON, names of the fields included. */
const sizeOfRule = ({ subject, domain, object, action }: Rule): number =>
  80 + subject.length + domain.length + object.length + action.length
const sizeOfLink = ({ subject, role, domain, conditions }: Link): number =>
  90 + subject.length + role.length + domain.length + (conditions === undefined ? 0 : JSON.stringify(conditions).length)

const plain = ({ expiresAt, conditions, ...link }: Link): Page['links'][number] => ({
  ...link,
  ...(expiresAt !== undefined && { expiresAt }),
  ...(conditions !== undefined && { conditions }),
})
