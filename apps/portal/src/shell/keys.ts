import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'

export type Place = { key: string; text: string; path: (project: string | undefined) => string }

const inProject = (rest: string) => (project: string | undefined) =>
  project === undefined ? '/projects' : `/projects/${project}${rest}`

/** `g`, then the letter. */
export const places: readonly Place[] = [
  { key: 'h', text: 'Home', path: () => '/' },
  { key: 'c', text: 'Catalog', path: () => '/catalog' },
  { key: 'n', text: 'Create something new', path: () => '/create' },
  { key: 'p', text: 'Projects', path: () => '/projects' },
  { key: 'o', text: 'Components of the project', path: inProject('') },
  { key: 'l', text: 'Pipelines', path: inProject('/pipelines') },
  { key: 'r', text: 'Change requests', path: inProject('/change-requests') },
  { key: 'e', text: 'Environments', path: inProject('/environments') },
  { key: 's', text: 'Schemas', path: inProject('/schemas') },
  { key: 'a', text: 'Access', path: () => '/access' },
  { key: 'q', text: 'Requests for access', path: () => '/access/requests' },
  { key: 'd', text: 'Changes of the policy', path: () => '/access/changes' },
  { key: 'x', text: 'Explain a decision', path: () => '/access/explain' },
  { key: 'u', text: 'Audit ledger', path: () => '/access/audit' },
  { key: 'm', text: 'My account', path: () => '/account' },
]

const afterGMs = 1_200

const isTyping = (target: EventTarget | undefined): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))

type Does = { project: string | undefined; onSearch: () => void; onKeys: () => void }

/** The portal's keys: ⌘K or Ctrl-K anywhere; the single letters only while nobody types. */
export function useKeys({ project, onSearch, onKeys }: Does): void {
  const navigate = useNavigate()
  useEffect(() => {
    let wentAt = 0
    const press = (event: KeyboardEvent): void => {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault()
        return onSearch()
      }
      if (
        event.metaKey ||
        event.ctrlKey ||
        event.altKey ||
        // The editor lies in a shadow tree, outside of which its host is the target.
        isTyping(event.composedPath()[0]) ||
        document.querySelector('dialog[open]')
      )
        return
      const place = Date.now() - wentAt < afterGMs ? places.find(({ key }) => key === event.key) : undefined
      wentAt = event.key === 'g' ? Date.now() : 0
      if (place) {
        event.preventDefault()
        void navigate({ href: place.path(project) })
      } else if (event.key === '?') onKeys()
      else if (event.key === '/') {
        event.preventDefault()
        document.querySelector<HTMLElement>('[data-filter]')?.focus()
      }
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [navigate, project, onSearch, onKeys])
}
