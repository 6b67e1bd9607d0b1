import { integer, oneOf, secret, text, url, type Setting } from '@plinth/kernel'

/** The environment variables that every service of the house reads; an app adds its own beside them. */
export const baseSettings = (defaults: { port: number }) =>
  ({
    host: text('PLINTH_HOST', { default: '127.0.0.1' }),
    port: integer('PLINTH_PORT', { default: defaults.port, max: 65_535 }),
    logLevel: oneOf('PLINTH_LOG_LEVEL', ['silent', 'error', 'warn', 'info', 'debug', 'trace'], { default: 'info' }),
    databaseUrl: secret('PLINTH_DATABASE_URL'),
    natsUrl: text('PLINTH_NATS_URL', { default: 'nats://127.0.0.1:4222' }),
    natsUser: text('PLINTH_NATS_USER'),
    natsPassword: secret('PLINTH_NATS_PASSWORD'),
    identityPublicKey: secret('PLINTH_IDENTITY_PUBLIC_KEY'),
    publicUrl: url('PLINTH_PUBLIC_URL', { default: 'http://localhost:8080' }),
    /** Where traces go, as OTLP over HTTP; empty for nowhere. */
    otlpUrl: text('PLINTH_OTLP_URL', { default: '' }),
  }) satisfies Record<string, Setting<unknown>>
