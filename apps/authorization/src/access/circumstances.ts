import { isIP } from 'node:net'
import type { Context } from '@plinth/access'
import { failure } from '@plinth/contracts'
import type { Identity } from '@plinth/kernel'
import { contextOf } from './rights.ts'

/** What a question supposes, beside who asks what. */
export type Supposed = { at?: string; address?: string }

const instantForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:\d{2})$/

/** The instant of an RFC 3339 text, whose seconds may be left out; undefined for anything else. */
export function readInstant(text: string): Date | undefined {
  const instant = new Date(instantForm.test(text) ? text : Number.NaN)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

/** @throws platform.request_invalid, naming `path`, when it is no instant */
export function instantOf(text: string, path: string): Date {
  const instant = readInstant(text)
  if (instant !== undefined) return instant
  throw failure('platform.request_invalid', {
    problems: [{ path, message: 'must be a time in RFC 3339, such as 2026-12-31T23:59:59Z.' }],
  })
}

/** The circumstances of a question: those supposed, else now, and the caller's own address when it is about himself. */
export function circumstancesOf({ at, address }: Supposed, self: Identity | undefined): Context {
  if (address !== undefined && isIP(address) === 0) {
    throw failure('platform.request_invalid', {
      problems: [{ path: '/body/address', message: 'must be an IPv4 or IPv6 address.' }],
    })
  }
  return {
    ...(self !== undefined && contextOf(self)),
    ...(address !== undefined && { address }),
    ...(at !== undefined && { at: instantOf(at, '/body/at') }),
  }
}
