import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useConnection } from '../api/connection.ts'
import { ask } from '../api/queries.ts'
import { signOut } from '../session/session.ts'
import { Icon } from '../ui/icon.tsx'
import { Menu } from '../ui/menu.tsx'
import { Status } from '../ui/status.tsx'
import { Crumbs } from './crumbs.tsx'
import { chooseTheme, type Theme, useTheme } from './theme.ts'

const iconButton = 'inline-flex size-8 items-center justify-center rounded-md text-quiet hover:bg-sunken hover:text-ink'

function ConnectionState() {
  const connection = useConnection()
  const text = { connecting: 'Connecting', live: 'Live', lost: 'Connection lost, trying again' }[connection]
  const tone = ({ connecting: 'waiting', live: 'healthy', lost: 'failed' } as const)[connection]
  return (
    <span role="status" className="text-xs text-quiet" title="Changes arrive by themselves while this is live">
      <span className={connection === 'lost' ? 'flex' : 'hidden md:flex'}>
        <Status state={connection} tone={tone} text={text} />
      </span>
    </span>
  )
}

const themes = [
  ['light', 'Light'],
  ['dark', 'Dark'],
  ['system', 'As the system'],
] as const satisfies readonly (readonly [Theme, string])[]

function ThemeMenu() {
  const theme = useTheme()
  const icon = ({ light: 'sun', dark: 'moon', system: 'system' } as const)[theme]
  const items = themes.map(([value, text]) => ({
    text,
    onSelect: () => chooseTheme(value),
    ...(value === theme && { note: 'now' }),
  }))
  const trigger = (
    <button type="button" aria-label={`Theme: ${theme}`} className={iconButton}>
      <Icon name={icon} />
    </button>
  )
  return <Menu label="Theme" trigger={trigger} items={items} />
}

function UserMenu({ onKeys }: { onKeys: () => void }) {
  const navigate = useNavigate()
  const me = useQuery(ask('getMe', {})).data
  const leave = async (): Promise<void> => {
    await signOut()
    await navigate({ to: '/login', search: {} })
  }
  const items = [
    { text: me?.displayName ?? 'Signed in', note: me?.subject ?? '', disabled: true, onSelect: () => undefined },
    { text: 'My account', note: 'g m', onSelect: () => void navigate({ to: '/account' }) },
    { text: 'What may I do?', onSelect: () => void navigate({ to: '/access/what-can' }) },
    { text: 'Keys', note: '?', onSelect: onKeys },
    { text: 'Sign out', onSelect: () => void leave() },
  ]
  const trigger = (
    <button type="button" aria-label="You" className={iconButton}>
      <Icon name="user" />
    </button>
  )
  return <Menu label="You" trigger={trigger} items={items} />
}

const isApple = /Mac|iP(hone|ad)/.test(navigator.platform)

type Props = { onMenu: () => void; onSearch: () => void; onKeys: () => void }

export function TopBar({ onMenu, onSearch, onKeys }: Props) {
  return (
    <header className="sticky top-0 z-20 flex h-12 items-center gap-2 border-b border-line bg-ground px-3 sm:px-4">
      <button type="button" aria-label="Menu" onClick={onMenu} className={`${iconButton} lg:hidden`}>
        <Icon name="menu" />
      </button>
      <Crumbs />
      <ConnectionState />
      <button
        type="button"
        onClick={onSearch}
        className="flex h-8 items-center gap-2 rounded-md border border-line bg-surface px-2 text-sm text-quiet hover:border-line-strong sm:w-52"
      >
        <Icon name="search" />
        <span className="sr-only flex-1 text-left sm:not-sr-only">Search or do</span>
        <kbd className="hidden text-xs sm:inline">{isApple ? '⌘K' : 'Ctrl K'}</kbd>
      </button>
      <ThemeMenu />
      <UserMenu onKeys={onKeys} />
    </header>
  )
}
