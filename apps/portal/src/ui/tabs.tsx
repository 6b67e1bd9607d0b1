import { Link, type LinkProps } from '@tanstack/react-router'

export type Tab = { text: string; link: LinkProps; count?: number; exact?: boolean }

/** Tabs are pages of their own: each has a URL, so they are links and not a tab list. */
export function TabLinks({ label, tabs }: { label: string; tabs: readonly Tab[] }) {
  return (
    <nav aria-label={label} className="-mx-4 mb-5 overflow-x-auto border-b border-line px-4 sm:mx-0 sm:px-0">
      <ul className="flex gap-5">
        {tabs.map(({ text, link, count, exact = false }) => (
          <li key={text}>
            <Link
              {...link}
              activeOptions={{ exact, includeSearch: false }}
              className="-mb-px flex items-center gap-1.5 border-b-2 border-transparent py-2 whitespace-nowrap text-quiet hover:text-ink"
              activeProps={{ className: 'border-b-accent! text-ink! font-medium' }}
            >
              {text}
              {count !== undefined && <span className="numeric text-xs text-quiet">{count}</span>}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}
