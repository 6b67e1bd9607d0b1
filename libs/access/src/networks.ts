import { isIPv4, isIPv6 } from 'node:net'

/** An address as a number; IPv4 and IPv6 are two worlds, but an IPv4 address mapped into IPv6 is an IPv4 one. */
export type Address = { readonly isV4: boolean; readonly value: bigint }

/** A network as the bits that its addresses begin with. */
export type Network = { readonly isV4: boolean; readonly start: bigint; readonly shift: bigint }

const mappedStart = 0xffffn

/** Reads an address; undefined for what is none. A zone (`fe80::1%eth0`) is left out, as it means nothing elsewhere. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) return { isV4: true, value: bitsOfV4(text) }
  if (!isIPv6(text)) return undefined
  const value = bitsOfV6(text.replace(/%.*$/, ''))
  return value >> 32n === mappedStart ? { isV4: true, value: value & 0xffff_ffffn } : { isV4: false, value }
}

/**
 * Reads a network in CIDR notation, or a single address; undefined for what is none, and for one that has bits set
 * beyond its prefix, which is a slip of the pen (10.1.2.3/8).
 */
export function parseNetwork(text: string): Network | undefined {
  const [addressText = '', prefixText, ...more] = text.split('/')
  if (more.length > 0 || addressText.includes('%')) return undefined
  const address = parseAddress(addressText)
  if (address === undefined) return undefined
  const writtenBits = isIPv4(addressText) ? 32 : 128
  if (prefixText !== undefined && !/^(?:0|[1-9][0-9]{0,2})$/.test(prefixText)) return undefined
  const written = prefixText === undefined ? writtenBits : Number(prefixText)
  // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
  const prefix = address.isV4 && writtenBits === 128 ? written - 96 : written
  if (written > writtenBits || prefix < 0) return undefined
  const shift = BigInt((address.isV4 ? 32 : 128) - prefix)
  const start = address.value >> shift
  return start << shift === address.value ? { isV4: address.isV4, start, shift } : undefined
}

export const isWithin = (address: Address, { isV4, start, shift }: Network): boolean =>
  address.isV4 === isV4 && address.value >> shift === start

const bitsOfV4 = (text: string): bigint =>
  BigInt(text.split('.').reduce((value, part) => value * 256 + Number(part), 0))

/** Of a text that isIPv6 takes: up to eight groups of hexadecimal digits, `::` once, perhaps an IPv4 address at the end. */
function bitsOfV6(text: string): bigint {
  const tail = text.slice(text.lastIndexOf(':') + 1)
  const v4 = tail.includes('.') ? bitsOfV4(tail) : undefined
  const hex =
    v4 === undefined ? text : `${text.slice(0, -tail.length)}${(v4 >> 16n).toString(16)}:${(v4 & 0xffffn).toString(16)}`
  const [head = '', rest] = hex.split('::')
  const groups = (part: string | undefined): string[] => (part ? part.split(':') : [])
  const [before, after] = [groups(head), groups(rest)]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0')
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n)
}
