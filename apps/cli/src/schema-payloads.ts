import { exitCode } from './exit-codes.ts'
import { readText } from './read-text.ts'
import { CliError } from './cli-error.ts'
import type { Api } from './session.ts'

type Result = Awaited<ReturnType<Api['validatePayloads']>>
type Payload = Parameters<Api['validatePayloads']>[0]['body']['payloads'][number]

/** As many as one question may carry. */
const batchMax = 1000

function parsed(text: string, where: string): Payload {
  try {
    return JSON.parse(text) as Payload
  } catch (error) {
    throw new CliError(`${where} is no JSON: ${error instanceof Error ? error.message : ''}`, exitCode('usage'))
  }
}

/** A file of one payload; of one a line (`.jsonl`, `.ndjson`); or, where each of its items is one, of an array. */
export function payloadsOf(file: string, text: string, each: boolean): Payload[] {
  if (/\.(?:jsonl|ndjson)$/i.test(file))
    return text
      .split('\n')
      .flatMap((line, at) => (line.trim() === '' ? [] : [parsed(line, `Line ${at + 1} of ${file}`)]))
  const value = parsed(text, file)
  if (!each) return [value]
  if (Array.isArray(value)) return value as Payload[]
  throw new CliError(`--each: ${file} is no array.`, exitCode('usage'))
}

/** Asks about all of a file, a batch at a time, and answers as if it had been one. */
export async function readPayloads(
  file: string,
  each: boolean,
  ask: (payloads: Payload[]) => Promise<Result>,
): Promise<Result> {
  const payloads = payloadsOf(file, readText(file), each)
  if (payloads.length === 0) throw new CliError(`${file} has no payload.`, exitCode('usage'))
  let all: Result | undefined
  for (let start = 0; start < payloads.length; start += batchMax) {
    const part = await ask(payloads.slice(start, start + batchMax))
    const items = part.items.map((one) => ({ ...one, index: one.index + start }))
    all =
      all === undefined
        ? { ...part, items }
        : {
            ...all,
            valid: all.valid && part.valid,
            checked: all.checked + part.checked,
            invalid: all.invalid + part.invalid,
            items: [...all.items, ...items],
          }
  }
  if (all === undefined) throw new CliError(`${file} has no payload.`, exitCode('usage'))
  return all
}
