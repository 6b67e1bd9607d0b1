import { Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react'
import { onSessionEnd } from '../api/csrf.ts'
import { followPlatform } from '../api/live.ts'
import { forgetSession } from '../session/session.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Loading } from '../ui/empty.tsx'
import { Toasts } from '../ui/toasts.tsx'
import { useCurrentProject } from './current-project.ts'
import { useKeys } from './keys.ts'
import { KeysDialog } from './keys-dialog.tsx'
import { Nav } from './nav.tsx'
import { TopBar } from './top-bar.tsx'
import { ViewAsBanner } from './view-as-banner.tsx'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))

type Open = 'palette' | 'keys' | 'menu' | undefined

/** A session that ended in the middle of the work: back to the sign-in, and from there to the same page. */
function useSessionEnd(): void {
  const navigate = useNavigate()
  const href = useRouterState({ select: ({ location }) => location.href })
  useEffect(
    () =>
      onSessionEnd(() => {
        forgetSession()
        void navigate({ to: '/login', search: { next: href } })
      }),
    [navigate, href],
  )
}

export function Layout() {
  const [open, setOpen] = useState<Open>()
  const project = useCurrentProject()
  const path = useRouterState({ select: ({ location }) => location.pathname })
  const main = useRef<HTMLElement>(null)
  const onSearch = useCallback(() => setOpen('palette'), [])
  const onKeys = useCallback(() => setOpen('keys'), [])
  const onClose = useCallback(() => setOpen(undefined), [])
  useKeys({ project, onSearch, onKeys })
  useSessionEnd()
  useEffect(followPlatform, [])
  useEffect(() => setOpen((now) => (now === 'menu' ? undefined : now)), [path])
  return (
    <div className="min-h-dvh lg:grid lg:grid-cols-[216px_minmax(0,1fr)]">
      <a
        href="#main"
        className="sr-only focus:not-sr-only focus:fixed focus:top-2 focus:left-2 focus:z-50 focus:rounded-md focus:bg-surface focus:px-3 focus:py-2"
      >
        Skip to the content
      </a>
      <div className="sticky top-0 hidden h-dvh flex-col overflow-y-auto border-r border-line lg:flex">
        <Nav brand />
      </div>
      <div className="min-w-0">
        <TopBar onMenu={() => setOpen('menu')} onSearch={onSearch} onKeys={onKeys} />
        <ViewAsBanner />
        <main id="main" ref={main} tabIndex={-1} className="outline-none">
          <Suspense fallback={<Loading />}>
            <Outlet />
          </Suspense>
        </main>
      </div>
      {open === 'menu' && (
        <Dialog title="Plinth" look="drawer" onClose={onClose}>
          <Nav />
        </Dialog>
      )}
      {open === 'keys' && <KeysDialog onClose={onClose} />}
      {open === 'palette' && (
        <Suspense fallback={null}>
          <Palette project={project} onKeys={onKeys} onClose={onClose} />
        </Suspense>
      )}
      <Toasts />
    </div>
  )
}
