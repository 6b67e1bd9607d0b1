import { Type } from 'typebox'
import { Closed, JsonObject, Nothing } from '../core/common.ts'
import { route } from '../core/route.ts'

export const gatewayRoutes = {
  openPortalSession: route({
    method: 'POST',
    path: '/auth/portal-session',
    summary: 'Sign in for a browser: the session goes into a cookie that scripts cannot read',
    permission: 'public',
    body: Closed({ username: Type.String({ maxLength: 200 }), password: Type.String({ maxLength: 200 }) }),
    response: { 201: Type.Object({ subject: Type.String(), displayName: Type.String(), csrfToken: Type.String() }) },
    errors: ['authorization.credentials_wrong', 'authorization.account_locked'],
  }),
  getPortalSession: route({
    method: 'GET',
    path: '/auth/portal-session',
    summary: 'The session of this browser and its anti-forgery token',
    permission: 'authenticated',
    response: { 200: Type.Object({ subject: Type.String(), displayName: Type.String(), csrfToken: Type.String() }) },
  }),
  closePortalSession: route({
    method: 'DELETE',
    path: '/auth/portal-session',
    summary: 'Sign this browser out',
    permission: 'authenticated',
    response: { 204: Nothing },
  }),
  beginSignIn: route({
    method: 'GET',
    path: '/auth/oidc/:provider',
    summary: 'Sign in with an OpenID provider: sends the browser there',
    kind: 'raw',
    permission: 'public',
    params: Closed({ provider: Type.String({ pattern: '^[a-z][a-z0-9-]{1,30}$' }) }),
    query: Closed({ returnTo: Type.Optional(Type.String({ maxLength: 500, description: 'A path of the portal' })) }),
    response: { 302: Nothing },
    errors: ['authorization.identity_provider_unknown'],
  }),
  finishSignIn: route({
    method: 'GET',
    path: '/auth/oidc/:provider/callback',
    summary: 'Where the provider sends the browser back to: opens the session',
    kind: 'raw',
    permission: 'public',
    params: Closed({ provider: Type.String({ pattern: '^[a-z][a-z0-9-]{1,30}$' }) }),
    response: { 302: Nothing },
    errors: ['authorization.sign_in_refused'],
  }),
  followEvents: route({
    method: 'GET',
    path: '/events',
    summary: 'Platform events as server-sent CloudEvents, those that you may see; resumes by Last-Event-ID',
    kind: 'sse',
    timeoutMs: 0,
    permission: 'authenticated',
    scopes: 'service',
    query: Closed({
      project: Type.Optional(Type.String({ maxLength: 40 })),
      type: Type.Optional(Type.String({ maxLength: 200, description: 'An event type, or its beginning' })),
    }),
    response: { 200: JsonObject },
  }),
  getOpenApi: route({
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This API as OpenAPI 3.1',
    permission: 'public',
    response: { 200: JsonObject },
  }),
}
