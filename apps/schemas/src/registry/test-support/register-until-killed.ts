import { replica } from './replica.ts'

/** A process that registers, for tests that kill it: `node register-until-killed.ts <database URL> <contents>`. */
const [url = '', contents = ''] = process.argv.slice(2)
const { register } = await replica(url)
let next = 0
const worker = async (): Promise<void> => {
  while (next < Number(contents)) {
    const content = next++
    process.send?.(await register(content, `killed-${content}`))
  }
}
await Promise.all(Array.from({ length: 8 }, worker))
process.exit(0)
