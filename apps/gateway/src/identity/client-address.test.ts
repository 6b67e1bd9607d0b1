import { expect, it } from 'vitest'
import { clientAddress } from './client-address.ts'

it.each([
  ['::ffff:10.1.2.3', '10.1.2.3'],
  ['10.1.2.3', '10.1.2.3'],
  ['fe80::1%eth0', 'fe80::1'],
  ['2a00::1', '2a00::1'],
  [undefined, ''],
])('%s is %s', (remoteAddress, address) => {
  expect(clientAddress({ remoteAddress })).toBe(address)
})
