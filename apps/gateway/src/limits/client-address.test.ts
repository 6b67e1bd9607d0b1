import { describe, expect, it } from 'vitest'
import { clientAddressOf } from './client-address.ts'

const from = (remoteAddress: string | undefined, forwarded?: string) => ({
  socket: { remoteAddress },
  headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
})

describe('without trusted proxies', () => {
  const addressOf = clientAddressOf('')
  it.each([
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['10.1.2.3', '10.1.2.3'],
    ['fe80::1%eth0', 'fe80::1'],
    ['2a00::1', '2a00::1'],
    [undefined, ''],
  ])('%s is %s', (remoteAddress, address) => {
    expect(addressOf(from(remoteAddress))).toBe(address)
  })

  it('believes nobody what he says of his address', () => {
    expect(addressOf(from('127.0.0.1', '198.51.100.1'))).toBe('127.0.0.1')
  })
})

describe('with trusted proxies', () => {
  const addressOf = clientAddressOf('10.0.0.0/8, 2001:db8:ffff::/48,192.0.2.7')
  it.each([
    ['a caller who is no proxy', '203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['a proxy that says nothing', '10.0.0.1', undefined, '10.0.0.1'],
    ['a proxy and its client', '10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a proxy by an IPv6 socket', '::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['a client that writes what stands left of it', '10.0.0.1', '127.0.0.1, 198.51.100.1', '198.51.100.1'],
    ['proxies in a row', '10.0.0.1', '198.51.100.1, 10.0.0.3,192.0.2.7', '198.51.100.1'],
    ['only proxies', '10.0.0.1', '10.0.0.2, 10.0.0.3', '10.0.0.2'],
    ['a client of IPv6', '2001:db8:ffff::1', '2001:db8::5', '2001:db8::5'],
    ['an address with its port', '10.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['an address in brackets', '10.0.0.1', '[2001:db8::5]:4711', '2001:db8::5'],
    ['what is no address', '10.0.0.1', '198.51.100.1, unknown', '10.0.0.1'],
    ['what is no address, left of a proxy', '10.0.0.1', 'secret, 10.0.0.3', '10.0.0.3'],
    ['nothing between commas', '10.0.0.1', ',', '10.0.0.1'],
    ['hops without end', '10.0.0.1', '10.0.0.2,'.repeat(5_000), '10.0.0.1'],
  ])('knows %s', (_what, remoteAddress, forwarded, address) => {
    expect(addressOf(from(remoteAddress, forwarded))).toBe(address)
  })
})

it.each(['10.0.0.0/33', 'proxy', '10.0.0.0/8/8', '2001:db8::/129', '10.0.0.0/x'])(
  'refuses %s for a network',
  (text) => {
    expect(() => clientAddressOf(text)).toThrow(/networks like/)
  },
)
