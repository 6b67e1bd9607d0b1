import type { ComponentProps, ReactNode } from 'react'
import { Loading } from './empty.tsx'
import { ProblemView } from './problem-view.tsx'
import { VirtualTable } from './virtual-table.tsx'

/** What a listing needs of its query; one that has no pages has neither of the last three. */
type Reading = {
  isPending: boolean
  isError: boolean
  isSuccess: boolean
  error: unknown
  refetch: () => unknown
  hasNextPage?: boolean
  isFetchingNextPage?: boolean
  fetchNextPage?: () => unknown
}

type Props<Row> = Omit<ComponentProps<typeof VirtualTable<Row>>, 'onEnd'> & { of: Reading; empty: ReactNode }

/** A long table with its other faces: while it loads, when it fails, when there is nothing. */
export function Listing<Row>({ of, empty, ...table }: Props<Row>) {
  return (
    <>
      {of.isPending && <Loading lines={6} />}
      {of.isError && <ProblemView error={of.error} onRetry={() => void of.refetch()} />}
      {of.isSuccess && table.rows.length === 0 && empty}
      {table.rows.length > 0 && (
        <VirtualTable
          {...table}
          onEnd={() => of.hasNextPage === true && of.isFetchingNextPage !== true && void of.fetchNextPage?.()}
        />
      )}
    </>
  )
}

/** `12 users`, `200 or more users`: how many a filter leaves. */
export function Count({ of, shown, one }: { of: Reading; shown: number; one: string }) {
  if (!of.isSuccess) return null
  return (
    <p role="status" className="numeric text-sm text-quiet">
      {shown}
      {of.hasNextPage === true ? ' or more' : ''} {shown === 1 ? one : `${one}s`}
    </p>
  )
}
