import type { OperationName } from '@plinth/contracts'
import { infiniteQueryOptions, QueryClient, queryOptions } from '@tanstack/react-query'
import { type Answer, type Input, send } from './plinth.ts'

/** The client repeats what may pass; what it gives up on is shown at once. */
export const queryClient = new QueryClient({ defaultOptions: { queries: { staleTime: 15_000, retry: false } } })

type Parts = { params?: unknown; query?: unknown; body?: unknown }
const asObject = (input: unknown): Parts => input as Parts
const keyOf = (operation: string, { params, query, body }: Parts) =>
  [operation, params ?? null, query ?? null, body ?? null] as const

/** The query of a reading operation. Its key begins with the operation's name, which is what events invalidate. */
export const ask = <Op extends OperationName>(operation: Op, input: Input<Op>) =>
  queryOptions({
    queryKey: keyOf(operation, asObject(input)),
    queryFn: ({ signal }): Promise<Answer<Op>> =>
      send(operation, { ...asObject(input), signal }) as Promise<Answer<Op>>,
  })

type Listing = { items: unknown[]; nextCursor?: string }

/** The query of a listing, page after page. */
export const askPages = <Op extends OperationName>(operation: Op, input: Input<Op>) => {
  const asked = asObject(input)
  return infiniteQueryOptions({
    queryKey: [...keyOf(operation, asked), 'pages'] as const,
    initialPageParam: '',
    queryFn: ({ pageParam, signal }) => {
      const query = { ...(asked.query as object | undefined), ...(pageParam !== '' && { cursor: pageParam }) }
      return send(operation, { ...asked, query, signal }) as Promise<Extract<Answer<Op>, Listing>>
    },
    getNextPageParam: (page: Listing) => page.nextCursor,
  })
}

/** Everything that these operations answered is stale. */
export async function invalidate(operations: readonly OperationName[]): Promise<void> {
  const stale = new Set<unknown>(operations)
  await queryClient.invalidateQueries({ predicate: ({ queryKey }) => stale.has(queryKey[0]) })
}
