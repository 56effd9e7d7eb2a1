// npm run identity -- <private key file> [<public key file>]
// For a Restate server that Fanfold does not start itself. Makes the private key, if there is none, for
// the server's `request-identity-private-key-pem-file`; prints the public one, for FANFOLD_IDENTITY_KEYS.
import "../../services/node-version.ts";
import { writeFileSync } from "node:fs";
import { identityKey } from "../../services/embedded/identity.ts";

const [privateKeyFile, publicKeyFile] = process.argv.slice(2);
if (!privateKeyFile) {
  process.stderr.write("Usage: npm run identity -- <private key file> [<public key file>]\n");
  process.exit(1);
}
const publicKey = `${identityKey(privateKeyFile)}\n`;
if (publicKeyFile) writeFileSync(publicKeyFile, publicKey);
process.stdout.write(publicKey);
