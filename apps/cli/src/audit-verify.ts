import { createReadStream } from 'node:fs'
import {
  hashOfCheckpoint,
  verifyExport,
  type Checkpoint,
  type ExportVerification,
  type Trust,
} from '@plinth/kernel/audit'
import { exitCode } from './exit-codes.ts'
import { CliError } from './cli-error.ts'
import { readText } from './read-text.ts'

/** A checkpoint that was kept: what `audit verify` printed, or one of `listAuditCheckpoints`. */
function readCheckpoint(file: string): NonNullable<Trust['checkpoint']> {
  const value = parsed(file)
  const { sequence, hash, newest } = value
  if (typeof sequence === 'number' && typeof hash === 'string') return { sequence, hash }
  if (isCheckpoint(value)) return { sequence: value.sequence, hash: hashOfCheckpoint(value) }
  if (typeof newest === 'object' && newest !== null) {
    const kept = newest as Record<string, unknown>
    if (typeof kept['sequence'] === 'number' && typeof kept['hash'] === 'string')
      return { sequence: kept['sequence'], hash: kept['hash'] }
  }
  throw new CliError(`${file} holds no checkpoint.`, exitCode('usage'))
}

const isCheckpoint = (value: object): value is Checkpoint =>
  'sequence' in value &&
  typeof value.sequence === 'number' &&
  'signature' in value &&
  typeof value.signature === 'string'

function parsed(file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(readText(file))
    if (typeof value === 'object' && value !== null) return { ...value }
  } catch (error) {
    if (error instanceof CliError) throw error
  }
  throw new CliError(`${file} is no JSON object.`, exitCode('usage'))
}

/** Verifies an export with nothing but the file and what is trusted: no platform is asked. `-` is standard input. */
export async function verifyFile(
  file: string,
  trusted: { keys: readonly string[]; checkpoint?: string },
): Promise<ExportVerification> {
  const trust: Trust = {
    ...(trusted.keys.length > 0 && { keys: trusted.keys.map(readKey) }),
    ...(trusted.checkpoint !== undefined && { checkpoint: readCheckpoint(trusted.checkpoint) }),
  }
  try {
    return await verifyExport(file === '-' ? process.stdin : createReadStream(file), trust)
  } catch (error) {
    if (error instanceof Error && 'code' in error)
      throw new CliError(`${file} can't be read: ${error.message}`, exitCode('usage'))
    throw error
  }
}

/** A public key in PEM as a file; anything else is the id of one. */
function readKey(text: string): string {
  if (!/[./]/.test(text)) return text
  const pem = readText(text)
  if (!pem.includes('BEGIN PUBLIC KEY')) throw new CliError(`${text} is no public key in PEM.`, exitCode('usage'))
  return pem
}
