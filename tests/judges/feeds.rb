# What Ruby's own library of feeds makes of RSS and Atom; input and output as feeds.mjs has them.
require 'json'
require 'rss'
require 'time'

def day(time) = time ? time.utc.iso8601 : ''
def octets(html) = html.to_s.strip.bytesize

def by_rss(feed)
  entries = feed.items.map do |item|
    { id: item.guid.content, url: item.link, title: item.title, date: day(item.pubDate),
      octets: octets(item.content_encoded) }
  end
  { title: feed.channel.title, entries: entries }
end

def by_atom(feed)
  entries = feed.entries.map do |entry|
    link = entry.links.find { |one| one.rel.nil? || one.rel == 'alternate' }
    { id: entry.id.content, url: link.href, title: entry.title.content,
      date: day(entry.published.content), octets: octets(entry.content.content) }
  end
  { title: feed.title.content, entries: entries }
end

verdicts = JSON.parse($stdin.read).map do |text|
  next {} if text.start_with?('{')
  feed = RSS::Parser.parse(text, validate: true)
  { 'rss (Ruby)' => feed.is_a?(RSS::Rss) ? by_rss(feed) : by_atom(feed) }
end
puts JSON.generate(verdicts)
