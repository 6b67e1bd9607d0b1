import { useQuery } from '@tanstack/react-query'
import { ask } from '../api/queries.ts'
import { buttonLook } from '../ui/button.tsx'

/** By which ways one may sign in here. Until that is known the password is offered, which always was. */
export function useProviders() {
  const asked = useQuery({ ...ask('listSignInProviders', {}), staleTime: 60_000 })
  return { password: asked.data?.password ?? true, items: asked.data?.items ?? [] }
}

/** A link and not a request: the browser itself goes to the provider and comes back with a session. */
export function ProviderLinks({
  items,
  next,
}: {
  items: readonly { name: string; displayName: string }[]
  next: string
}) {
  return (
    <ul className="flex flex-col gap-2">
      {items.map(({ name, displayName }) => (
        <li key={name}>
          <a
            href={`/auth/oidc/${encodeURIComponent(name)}?${new URLSearchParams({ returnTo: next }).toString()}`}
            className={`${buttonLook()} w-full`}
          >
            Sign in with {displayName}
          </a>
        </li>
      ))}
    </ul>
  )
}
