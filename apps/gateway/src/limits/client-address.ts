import type { IncomingHttpHeaders } from 'node:http'
import { BlockList, isIP, isIPv6, type Socket } from 'node:net'
import { BoundedTable } from './bounded-table.ts'

type Coming = { readonly socket: Pick<Socket, 'remoteAddress'>; readonly headers: IncomingHttpHeaders }

/** From where a request comes. */
export type AddressOf = (request: Coming) => string

const mapped = '::ffff:'
const remembered = 10_000
/** More proxies than anybody has in a row; whoever writes more of them wants time to be spent. */
const hopsMax = 32

/** IPv4 as such also where it came in by an IPv6 socket, and without a zone, which is of this machine only. */
export function plainAddress(address: string): string {
  const plain = address.startsWith(mapped) ? address.slice(mapped.length) : address
  const zone = plain.indexOf('%')
  return zone === -1 ? plain : plain.slice(0, zone)
}

/**
 * The address of the client: the other end of the connection, unless that is a proxy that is trusted. Then it is the
 * right-most one of `X-Forwarded-For` that is no trusted proxy itself: whatever stands left of it, that client wrote.
 * Where an entry is no address, the proxy that passed it on stands for its client. Throws for a network that is none.
 */
export function clientAddressOf(trustedProxies: string): AddressOf {
  const networks = trustedProxies.split(',').map((text) => text.trim()).filter((text) => text !== '') // prettier-ignore
  if (networks.length === 0) return ({ socket: { remoteAddress = '' } }) => plainAddress(remoteAddress)
  const trusted = trustList(networks)
  const isTrusted = new BoundedTable(remembered, (address) => trusted.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'))
  return ({ socket: { remoteAddress = '' }, headers }) => {
    let client = plainAddress(remoteAddress)
    const forwarded = headers['x-forwarded-for']
    if (typeof forwarded !== 'string' || isIP(client) === 0 || !isTrusted.of(client)) return client
    const hops = forwarded.split(',', hopsMax + 1)
    if (hops.length > hopsMax) return client
    for (const hop of hops.reverse()) {
      const address = addressIn(hop.trim())
      if (address === undefined) return client
      client = address
      if (!isTrusted.of(address)) return client
    }
    return client
  }
}

function trustList(networks: readonly string[]): BlockList {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', prefix, ...more] = network.split('/')
    const family = isIPv6(address) ? 'ipv6' : 'ipv4'
    const bits = family === 'ipv6' ? 128 : 32
    const length = prefix === undefined ? bits : /^\d{1,3}$/.test(prefix) ? Number(prefix) : bits + 1
    if (isIP(address) === 0 || more.length > 0 || length > bits)
      throw new Error(`must be networks like 10.0.0.0/8, separated by commas, not ${network}`)
    list.addSubnet(address, length, family)
  }
  return list
}

/** Some proxies add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function addressIn(hop: string): string | undefined {
  const bracketed = /^\[([0-9A-Fa-f:.%]+)\](?::\d{1,5})?$/.exec(hop)?.[1]
  const address = plainAddress(bracketed ?? (/^[\d.]+:\d{1,5}$/.test(hop) ? hop.slice(0, hop.indexOf(':')) : hop))
  return isIP(address) === 0 ? undefined : address
}
