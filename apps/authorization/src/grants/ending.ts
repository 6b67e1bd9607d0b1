import type { Link } from '@plinth/access'
import type { Tx } from '@plinth/store'
import { tell, unbind } from './elevation.ts'
import { lockRequest, setState } from './store.ts'

/** Ends granted access before its time, in a transaction that holds the policy still; returns the links that are gone. */
export async function endGrant(tx: Tx, id: string, by: string): Promise<Link[]> {
  const request = await lockRequest(tx, id)
  const links = await unbind(tx, id)
  if (request?.state === 'granted') await tell(tx, await setState(tx, id, 'ended'), 'ended', by)
  return links
}
