//! A CSV text as a table: RFC 4180, with LF and CR as line ends too, and other delimiters than the comma.

const std = @import("std");

pub const Table = struct {
    columns: []const []const u8,
    rows: []const []const []const u8,
};

/// What is wrong with a text, and where: lines count from 1, as editors do.
pub const Problem = struct { line: usize = 0, what: []const u8 = "" };

pub const Error = error{ Malformed, OutOfMemory };

const candidates = ",;\t|";
const byte_order_mark = "\xef\xbb\xbf";

/// Read a table. Everything is allocated, or points into `text`; `problem` says what was wrong.
pub fn read(gpa: std.mem.Allocator, given: []const u8, delimiter: ?u8, header: bool, problem: *Problem) Error!Table {
    const text = if (std.mem.startsWith(u8, given, byte_order_mark)) given[byte_order_mark.len..] else given;
    var reader: Reader = .{ .gpa = gpa, .text = text, .delimiter = delimiter orelse detected(text), .problem = problem };
    var columns: []const []const u8 = &.{};
    var rows: std.ArrayList([]const []const u8) = .empty;
    while (try reader.record()) |record| {
        if (columns.len == 0) {
            columns = if (header) try unique(gpa, record) else try numbered(gpa, record.len);
            if (header) continue;
        }
        if (record.len != columns.len) {
            const what = try std.fmt.allocPrint(gpa, "{d} fields, where the first line has {d}", .{ record.len, columns.len });
            return reader.malformed(reader.began, what);
        }
        try rows.append(gpa, record);
    }
    return .{ .columns = columns, .rows = rows.items };
}

/// Return the most frequent of the usual delimiters in the first line, outside of quotes; a comma if there is none.
fn detected(text: []const u8) u8 {
    var counts: [candidates.len]usize = @splat(0);
    var quoted = false;
    for (text) |c| {
        if (c == '"') quoted = !quoted;
        if (quoted) continue;
        if (c == '\n' or c == '\r') break;
        if (std.mem.indexOfScalar(u8, candidates, c)) |n| counts[n] += 1;
    }
    return candidates[std.mem.indexOfMax(usize, &counts)];
}

/// Return the header with numbers after names that stand twice, and for those that are empty.
pub fn unique(gpa: std.mem.Allocator, names: []const []const u8) error{OutOfMemory}![]const []const u8 {
    var seen: std.StringHashMapUnmanaged(void) = .empty;
    const out = try gpa.alloc([]const u8, names.len);
    for (names, out, 1..) |name, *to, n| {
        to.* = if (name.len == 0) try std.fmt.allocPrint(gpa, "{d}", .{n}) else name;
        var count: usize = 2;
        while (seen.contains(to.*)) : (count += 1) to.* = try std.fmt.allocPrint(gpa, "{s} ({d})", .{ name, count });
        try seen.put(gpa, to.*, {});
    }
    return out;
}

fn numbered(gpa: std.mem.Allocator, count: usize) Error![]const []const u8 {
    const out = try gpa.alloc([]const u8, count);
    for (out, 1..) |*to, n| to.* = try std.fmt.allocPrint(gpa, "{d}", .{n});
    return out;
}

const Reader = struct {
    gpa: std.mem.Allocator,
    text: []const u8,
    delimiter: u8,
    problem: *Problem,
    at: usize = 0,
    line: usize = 1,
    began: usize = 1,

    fn malformed(reader: *Reader, line: usize, what: []const u8) Error {
        reader.problem.* = .{ .line = line, .what = what };
        return error.Malformed;
    }

    /// Return the next record, null at the end. Lines with nothing in them are passed over.
    fn record(reader: *Reader) Error!?[]const []const u8 {
        while (reader.at < reader.text.len and reader.lineEnds()) reader.skipLineEnd();
        if (reader.at >= reader.text.len) return null;
        reader.began = reader.line;
        var fields: std.ArrayList([]const u8) = .empty;
        while (true) {
            try fields.append(reader.gpa, try reader.field());
            if (reader.at >= reader.text.len) break;
            if (reader.text[reader.at] != reader.delimiter) {
                reader.skipLineEnd();
                break;
            }
            reader.at += 1;
        }
        return fields.items;
    }

    fn field(reader: *Reader) Error![]const u8 {
        if (reader.at < reader.text.len and reader.text[reader.at] == '"') return reader.quoted();
        const start = reader.at;
        while (reader.at < reader.text.len and reader.text[reader.at] != reader.delimiter and !reader.lineEnds()) reader.at += 1;
        return reader.text[start..reader.at];
    }

    fn quoted(reader: *Reader) Error![]const u8 {
        const line = reader.line;
        var out: std.ArrayList(u8) = .empty;
        reader.at += 1;
        while (reader.at < reader.text.len) : (reader.at += 1) {
            const c = reader.text[reader.at];
            if (c == '"') {
                if (reader.at + 1 >= reader.text.len or reader.text[reader.at + 1] != '"') break;
                reader.at += 1;
            } else if (c == '\n' or (c == '\r' and !reader.followedByLineFeed())) {
                reader.line += 1;
            }
            try out.append(reader.gpa, c);
        }
        if (reader.at >= reader.text.len) return reader.malformed(line, "a quote is opened and never closed");
        reader.at += 1;
        if (reader.at < reader.text.len and reader.text[reader.at] != reader.delimiter and !reader.lineEnds()) {
            return reader.malformed(reader.line, "there is text after a closing quote (a quote within quotes is written twice)");
        }
        return out.items;
    }

    fn followedByLineFeed(reader: *const Reader) bool {
        return reader.at + 1 < reader.text.len and reader.text[reader.at + 1] == '\n';
    }

    fn lineEnds(reader: *const Reader) bool {
        return reader.text[reader.at] == '\n' or reader.text[reader.at] == '\r';
    }

    fn skipLineEnd(reader: *Reader) void {
        reader.at += if (reader.text[reader.at] == '\r' and reader.followedByLineFeed()) 2 else 1;
        reader.line += 1;
    }
};
