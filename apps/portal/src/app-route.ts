import { createRootRoute, createRoute, Outlet } from '@tanstack/react-router'
import { requireSession } from './session/session.ts'
import { Layout } from './shell/layout.tsx'
import { NotFound } from './shell/not-found.tsx'
import { PageError } from './shell/page-error.tsx'

const text = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)
type Words = Record<string, unknown>

/** Reads the named members of the search as text; everything else in the URL is left alone. */
export const words =
  <const Name extends string>(...names: readonly Name[]) =>
  (search: Words): { [Key in Name]?: string | undefined } => {
    const found: { [Key in Name]?: string | undefined } = {}
    for (const name of names) {
      const value = text(search[name])
      if (value !== undefined) found[name] = value
    }
    return found
  }

export const root = createRootRoute({ component: Outlet, notFoundComponent: NotFound, errorComponent: PageError })

/** Everything that needs a session, inside the frame of the portal. */
export const app = createRoute({
  getParentRoute: () => root,
  id: 'app',
  component: Layout,
  notFoundComponent: NotFound,
  beforeLoad: async ({ location }) => ({ session: await requireSession(location.href) }),
})
