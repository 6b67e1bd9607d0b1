let token = ''
const listeners = new Set<() => void>()

export const csrfToken = (): string => token
export const keepCsrfToken = (value: string): void => {
  token = value
}

/** Told by any answer 401: the session is over, whoever shows pages goes to the sign-in. */
export function sessionEnded(): void {
  token = ''
  for (const listener of listeners) listener()
}
export function onSessionEnd(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
