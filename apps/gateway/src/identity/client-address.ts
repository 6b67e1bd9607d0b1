import type { Socket } from 'node:net'

const mapped = '::ffff:'

/**
 * The address at the other end of the connection, IPv4 as such also where it came in by an IPv6 socket. What a header
 * says of it is not looked at: anybody can write one.
 */
export function clientAddress({ remoteAddress = '' }: Pick<Socket, 'remoteAddress'>): string {
  const address = remoteAddress.startsWith(mapped) ? remoteAddress.slice(mapped.length) : remoteAddress
  // A zone is of this machine only, and no part of the address.
  const zone = address.indexOf('%')
  return zone === -1 ? address : address.slice(0, zone)
}
