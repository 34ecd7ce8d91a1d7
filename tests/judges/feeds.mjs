// What feed readers' libraries make of a feed: rss-parser, feedsmith, @rowanmanning/feed-parser.
// Standard input: JSON [text of a feed]. Output: JSON, for each feed {library: {title, entries: [{id, url,
// title, date, octets}]}}; `octets` is the length of the entry's content without space around it.
import { readFileSync } from 'node:fs';
import { parseFeed as parseFeedsmith } from 'feedsmith';
import { parseFeed as parseRowan } from '@rowanmanning/feed-parser';
import Parser from 'rss-parser';

const day = (date) => (date ? new Date(date).toISOString() : '');
const octets = (html) => Buffer.byteLength((html ?? '').trim());

const byRssParser = async (text) => {
  const feed = await new Parser().parseString(text);
  return {
    title: feed.title,
    entries: feed.items.map((item) => ({
      id: item.guid ?? item.id,
      url: item.link,
      title: item.title,
      date: day(item.isoDate),
      octets: octets(item['content:encoded'] ?? item.content),
    })),
  };
};

const byRowan = (text) => {
  const feed = parseRowan(text);
  return {
    title: feed.title,
    entries: feed.items.map((item) => ({
      id: item.id,
      url: item.url,
      title: item.title,
      date: day(item.published),
      octets: octets(item.content),
    })),
  };
};

const byFeedsmith = (text) => {
  const { format, feed } = parseFeedsmith(text);
  const entries = {
    rss: (item) => [item.guid?.value, item.link, item.title, item.pubDate, item.content?.encoded],
    atom: (entry) => [
      entry.id,
      entry.links?.find((link) => !link.rel || link.rel === 'alternate')?.href,
      entry.title?.value ?? entry.title,
      entry.published,
      entry.content?.value ?? entry.content,
    ],
    json: (item) => [item.id, item.url, item.title, item.date_published, item.content_html],
  }[format];
  return {
    title: feed.title?.value ?? feed.title,
    entries: (feed.items ?? feed.entries).map((item) => {
      const [id, url, title, date, content] = entries(item);
      return { id, url, title, date: day(date), octets: octets(content) };
    }),
  };
};

const judge = async (text) => {
  const read = { feedsmith: byFeedsmith(text) };
  if (!text.startsWith('{')) {
    read['rss-parser'] = await byRssParser(text);
    read['feed-parser'] = byRowan(text);
  }
  return read;
};

const feeds = JSON.parse(readFileSync(0, 'utf8'));
process.stdout.write(JSON.stringify(await Promise.all(feeds.map(judge))));
