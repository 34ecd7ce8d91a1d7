// What a receiver finds about mails: SPF, DKIM and DMARC, by mailauth.
// Standard input: JSON [{message (base64), ip, helo, sender, records}]; the DNS holds just those
// records, {"TXT example.com": [[text]]}. Output: JSON, one verdict for each mail.
import { readFileSync } from 'node:fs';
import { authenticate } from 'mailauth';

const resolver = (records) => async (name, type) => {
  const found = records[`${type} ${name.toLowerCase()}`];
  if (found) return found;
  throw Object.assign(new Error(`no ${type} record of ${name}`), { code: 'ENOTFOUND' });
};

const judge = async ({ message, ip, helo, sender, records }) => {
  const { dkim, spf, dmarc } = await authenticate(Buffer.from(message, 'base64'), {
    ip, helo, sender, mta: 'mx.receiver.test', resolver: resolver(records), disableArc: true,
    disableBimi: true,
  });
  return {
    spf: spf.status.result,
    dmarc: dmarc?.status?.result || 'none', // mailauth says nothing of a mail with two From
    aligned: { spf: dmarc?.alignment?.spf?.result || '', dkim: dmarc?.alignment?.dkim?.result || '' },
    dkim: dkim.results.map(({ status, algo, selector, signingDomain }) => ({
      result: status.result, algorithm: algo || '', selector, domain: signingDomain,
    })),
  };
};

const cases = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(await Promise.all(cases.map(judge))));
