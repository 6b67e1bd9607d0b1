import type { UseQueryResult } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { Loading } from './empty.tsx'
import { ProblemView } from './problem-view.tsx'

type Props<T> = { of: UseQueryResult<T>; children: (data: T) => ReactNode; lines?: number }

/** A reading's three faces. Data that was read before stays, with the problem above it. */
export function Load<T>({ of, children, lines = 3 }: Props<T>) {
  const retry = (): void => {
    void of.refetch()
  }
  if (of.data !== undefined) {
    return (
      <>
        {of.isError && <ProblemView error={of.error} onRetry={retry} />}
        {children(of.data)}
      </>
    )
  }
  return of.isError ? <ProblemView error={of.error} onRetry={retry} /> : <Loading lines={lines} />
}
