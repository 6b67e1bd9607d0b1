import { useEffect, useState } from 'react'
import { type Answer, call } from '../../api/plinth.ts'

type Validation = Answer<'validatePolicy'>
export type Checked = { state: 'checking' | 'checked' | 'failed'; answer?: Validation; error?: unknown }

/** Typing goes on; the platform is asked when it pauses. */
const pauseMs = 350

/** What the platform says of the text: what is wrong where, and how it differs. Never held as a query, whose key it would be. */
export function useValidation(text: string | undefined, revision: number | undefined): Checked {
  const [checked, setChecked] = useState<Checked>({ state: 'checking' })
  useEffect(() => {
    if (text === undefined) return undefined
    const stop = new AbortController()
    setChecked((before) => ({ ...before, state: 'checking' }))
    const timer = setTimeout(() => {
      call('validatePolicy', { body: { csv: text }, signal: stop.signal }).then(
        (answer) => setChecked({ state: 'checked', answer }),
        (error: unknown) => {
          if (!stop.signal.aborted) setChecked({ state: 'failed', error })
        },
      )
    }, pauseMs)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [text, revision])
  return checked
}
