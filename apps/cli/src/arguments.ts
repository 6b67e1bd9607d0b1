import { InvalidArgumentError } from 'commander'
import { actions, type Action } from '@plinth/contracts'
import { exitCode } from './exit-codes.ts'
import { CliError } from './cli-error.ts'

export function action(text: string): Action {
  const found = actions.find((name) => name === text)
  if (!found) throw new InvalidArgumentError(`it is one of ${actions.join(', ')}`)
  return found
}

/** `90`, `90m`, `1h` or `1h30m`, in whole minutes. */
export function minutes(text: string): number {
  const [, hours, rest] = /^(?:(\d{1,3})h)?(?:(\d{1,5})m?)?$/.exec(text) ?? []
  if (hours === undefined && rest === undefined)
    throw new InvalidArgumentError('it is a number of minutes, or as 90m, 1h, 1h30m')
  return Number(hours ?? 0) * 60 + Number(rest ?? 0)
}

export function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 1) throw new InvalidArgumentError('it is a whole number from 1')
  return value
}

/** The domain as the last argument or as `--in`; everywhere where that is meant by naming none. */
export function domainFrom(given: string | undefined, option: string | undefined, otherwise?: string): string {
  if (given !== undefined && option !== undefined && given !== option)
    throw new CliError(`Which domain: ${given} or ${option}?`, exitCode('usage'))
  const domain = given ?? option ?? otherwise
  if (domain === undefined)
    throw new CliError('Where? Name a project, or project/environment, with --in.', exitCode('usage'))
  return domain
}

/** A role by its bare name, as people say it. */
export const roleFrom = (text: string): string => (text.includes(':') ? text : `role:${text}`)

/** What stands between commas. */
export const list = (text: string): string[] => text.split(',').map((one) => one.trim()).filter((one) => one !== '') // prettier-ignore

/** `get repository payments`: an action or `*`, an object, and a domain or everywhere. */
export function scopeFrom(text: string): { action: Action | '*'; object: string; domain: string } {
  const [verb = '', object = '', domain = '*', ...more] = text.split(/\s+/).filter((word) => word !== '')
  if (object === '' || more.length > 0) throw new InvalidArgumentError('it is an action, an object and a domain: "get repository payments"') // prettier-ignore
  return { action: verb === '*' ? '*' : action(verb), object, domain }
}

/** RFC 4180; a cell that a spreadsheet would calculate is made text. */
export function csvFrom(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
  }
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}
