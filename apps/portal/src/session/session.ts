import { PlinthError } from '@plinth/client'
import { redirect } from '@tanstack/react-router'
import { keepCsrfToken } from '../api/csrf.ts'
import { type Answer, call, type Input } from '../api/plinth.ts'
import { queryClient } from '../api/queries.ts'
import { viewAs } from '../api/view-as.ts'

export type Session = Answer<'getPortalSession'>

const key = ['portal-session'] as const
const whole: Input<'getPortalSession'> & Input<'closePortalSession'> = {}

const keep = (session: Session): Session => {
  keepCsrfToken(session.csrfToken)
  return session
}

/** The session of this browser; after a reload the platform is asked once. Sends those without one to the sign-in. */
export async function requireSession(href: string): Promise<Session> {
  try {
    return await queryClient.fetchQuery({
      queryKey: key,
      staleTime: Number.POSITIVE_INFINITY,
      queryFn: async () => keep(await call('getPortalSession', whole)),
    })
  } catch (error) {
    if (error instanceof PlinthError && error.status === 401) {
      throw redirect({ to: '/login', search: href === '/' ? {} : { next: href } })
    }
    throw error
  }
}

export async function signIn(username: string, password: string): Promise<void> {
  const session = keep(await call('openPortalSession', { body: { username, password } }))
  queryClient.clear()
  queryClient.setQueryData(key, session)
}

export async function signOut(): Promise<void> {
  await call('closePortalSession', whole).catch(() => undefined)
  forgetSession()
}

export function forgetSession(): void {
  viewAs(undefined)
  keepCsrfToken('')
  queryClient.clear()
}
