import type { AccessIndex } from '@plinth/access'
import { failure, type AccessRequestInfo } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { decodeCursor, pageOf, type PageOf } from '@plinth/store'
import type { Static } from 'typebox'
import { may } from '../access/rights.ts'
import type { Parts } from '../parts.ts'
import { mayDecide } from './elevation.ts'
import * as requests from './store.ts'

type Info = Static<typeof AccessRequestInfo>
type Query = { limit?: number; cursor?: string; state?: requests.RequestState }

export const requestListing = ({ store, policy }: Pick<Parts, 'store' | 'policy'>) => ({
  /** One's own, and those in the domains whose bindings one may list. */
  async listAccessRequests(who: Identity, { limit = 50, cursor, state }: Query): Promise<PageOf<Info>> {
    const [before] = cursor === undefined ? [''] : decodeCursor(cursor, ['string'])
    const index = await policy.current()
    const domains = (await requests.domainsOfRequests(store.db)).filter((domain) => maySee(index, who, domain))
    const found = await requests.listRequests(store.db, {
      before,
      limit: limit + 1,
      subject: who.subject,
      domains,
      state,
    })
    const page = pageOf(found, limit, ({ id }) => [id])
    return { ...page, items: page.items.map((row) => infoOf(index, who, row)) }
  },

  async getAccessRequest(who: Identity, id: string): Promise<Info> {
    const row = await requests.findRequest(store.db, id)
    const index = await policy.current()
    if (row === undefined || !(row.subject === who.subject || maySee(index, who, row.domain)))
      throw failure('authorization.access_request_unknown', { detail: `There is no request for access '${id}'.` })
    return infoOf(index, who, row)
  },
})

export const maySee = (index: AccessIndex, who: Identity, domain: string): boolean =>
  may(index, who, { action: 'list', object: 'binding', domain })

const infoOf = (index: AccessIndex, who: Identity, row: requests.RequestRow): Info => ({
  ...row,
  mayDecide: row.state === 'pending' && mayDecide(index, who, row),
})
