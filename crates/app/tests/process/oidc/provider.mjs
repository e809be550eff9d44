// An identity provider on a free port, whose clients have the secret in CLIENT_SECRET. It prints its issuer; then each line
// on standard input lists the keys that it has from now on, such as `old new`: all are published, the first signs. It says
// the line again when that is so, and ends when its input does.
import { generateKeyPairSync } from 'node:crypto';
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';

// The provider is written for Node.js 22; this is all that 20 lacks for it.
URL.parse ??= (text, base) => (URL.canParse(text, base) ? new URL(text, base) : null);
const { Provider } = await import('oidc-provider');

const keys = new Map();
function key(kid) {
  if (!keys.has(kid)) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    keys.set(kid, { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'ES256' });
  }
  return keys.get(kid);
}

// What was issued outlives a change of keys, as it does where a provider keeps it in a database.
const issued = new Map();
class Store {
  constructor(kind) { this.name = (id) => `${kind} ${id}`; }
  async upsert(id, payload) { issued.set(this.name(id), payload); }
  async find(id) { return issued.get(this.name(id)); }
  async destroy(id) { issued.delete(this.name(id)); }
}

const client = {
  client_secret: process.env.CLIENT_SECRET,
  redirect_uris: [],
  response_types: [],
  grant_types: ['client_credentials'],
  id_token_signed_response_alg: 'ES256',
};
// What a token is for says of which form it is; one for `urn:other` is not for the service.
const audiences = { 'urn:live:jwt': 'urn:live', 'urn:live:opaque': 'urn:live', 'urn:other': 'urn:other' };
const resourceServer = (resource) => ({
  audience: audiences[resource],
  scope: 'write:live',
  accessTokenFormat: resource === 'urn:live:opaque' ? 'opaque' : 'jwt',
  accessTokenTTL: 600,
  jwt: { sign: { alg: 'ES256' } },
});

const provider = (issuer, names) => new Provider(issuer, {
  adapter: Store,
  jwks: { keys: names.map(key) },
  clients: [
    { ...client, client_id: 'ada', scope: 'write:live' },
    { ...client, client_id: 'live', grant_types: [] },
  ],
  scopes: ['write:live'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: (_context, asking) => asking.clientId === 'live' },
    revocation: { enabled: true, allowedPolicy: (_context, asking, token) => asking.clientId === token.clientId },
    resourceIndicators: { enabled: true, getResourceServerInfo: (_context, resource) => resourceServer(resource) },
  },
  ttl: { ClientCredentials: 600 },
});

let answer;
const server = createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const use = (names) => { answer = provider(issuer, names).callback(); };
  use(['old']);
  console.log(issuer);

  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => { use(line.split(' ')); console.log(line); });
  lines.on('close', () => process.exit());
});
