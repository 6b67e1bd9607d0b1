import { expect, test } from 'vitest'
import { isNetwork, isOutside, reachable } from './addresses.ts'

test.each([
  '127.0.0.1', '127.9.9.9', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1', '169.254.169.254',
  '100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '::1', '::', '::ffff:127.0.0.1', '::ffff:10.0.0.1',
  '::127.0.0.1', 'fe80::1', 'fd00::1', 'fc00::1', 'ff02::1', '64:ff9b::7f00:1', '2002:7f00:1::', '2001:0:7f00:1::',
])('%s is of the inside', (address) => expect(isOutside(address)).toBe(false)) // prettier-ignore

test.each(['1.1.1.1', '172.32.0.1', '100.63.255.255', '9.255.255.255', '2606:4700:4700::1111', '2a00:1450::1'])(
  '%s is of the internet',
  (address) => expect(isOutside(address)).toBe(true),
)

test('the inside is reached where it is named, and loopback where the platform itself is', () => {
  const named = reachable({ loopback: false, networks: ['10.20.0.0/16', 'fd00::/8'] })
  expect(['10.20.1.1', 'fd00::1', '10.21.1.1', '127.0.0.1'].map(named)).toEqual([true, true, false, false])
  const local = reachable({ loopback: true, networks: [] })
  expect(['127.0.0.1', '::1', '10.0.0.1'].map(local)).toEqual([true, true, false])
})

test('a network is an address and a prefix that fits it', () => {
  expect(['10.0.0.0/8', 'fd00::/8'].every(isNetwork)).toBe(true)
  expect(['10.0.0.0', '10.0.0.0/33', 'x/8', '::/129', '10.0.0.0/8/8', '/8'].some(isNetwork)).toBe(false)
})
