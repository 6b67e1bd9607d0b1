import { afterAll, beforeAll } from 'vitest'
import { confluentSuite } from './test-confluent.ts'
import { kafkajsSuite } from './test-kafkajs.ts'
import { registryPlatform, type RegistryPlatform } from './test-platform.ts'
import { transferSuite } from './test-transfer.ts'

let platform: RegistryPlatform
beforeAll(async () => {
  platform = await registryPlatform()
})
afterAll(() => platform.close())

// One gateway, broker and database for all, since starting them takes longer than any of the tests.
kafkajsSuite(() => platform)
confluentSuite(() => platform)
transferSuite(() => platform)
