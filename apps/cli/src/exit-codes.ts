/** What `$?` says; the same for every command, listed by `plinth help exit-codes`. */
export const exitCodes = {
  ok: [0, 'done, or the answer is yes'],
  failed: [1, 'it failed, or the answer is no'],
  usage: [2, 'the command line is wrong'],
  unauthenticated: [3, 'not signed in, or the sign-in has ended'],
  forbidden: [4, 'the policy does not allow it'],
  notFound: [5, 'no such thing'],
  conflict: [6, 'it does not fit the present state'],
  unavailable: [7, 'the platform does not answer'],
} as const

export type ExitName = keyof typeof exitCodes
export const exitCode = (name: ExitName): number => exitCodes[name][0]

const byStatus: Readonly<Record<number, ExitName>> = {
  400: 'failed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'notFound',
  409: 'conflict',
  412: 'conflict',
  502: 'unavailable',
  503: 'unavailable',
  504: 'unavailable',
}
export const exitOfStatus = (status: number): number =>
  exitCode(byStatus[status] ?? (status === 0 ? 'unavailable' : 'failed'))
