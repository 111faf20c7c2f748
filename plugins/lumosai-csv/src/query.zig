//! What is asked of a table, and its answer.

const std = @import("std");
const Table = @import("table.zig").Table;
const unique = @import("table.zig").unique;
const value = @import("value.zig");

pub const Condition = struct { column: []const u8, op: []const u8, value: std.json.Value = .{ .string = "" } };
pub const Order = struct { column: []const u8, descending: bool = false };
pub const Figure = struct { function: Function, column: ?[]const u8 = null };
const Function = enum { count, sum, avg, min, max };
const Op = enum { @"=", @"!=", @"<", @"<=", @">", @">=", contains, starts, ends, empty, filled };

pub const Error = error{ Unknown, OutOfMemory };
const Row = []const []const u8;

/// A condition whose column is found, and whose value is text.
const Test = struct {
    column: usize,
    op: Op,
    text: []const u8,

    fn holds(wanted: Test, row: Row) bool {
        const field = row[wanted.column];
        const order = value.order(field, wanted.text);
        // Text is neither less nor more than a number; two texts are compared as they are.
        const alike = (value.number(field) == null) == (value.number(wanted.text) == null);
        return switch (wanted.op) {
            .@"=" => order == .eq,
            .@"!=" => order != .eq,
            .@"<" => alike and order == .lt,
            .@"<=" => alike and order != .gt,
            .@">" => alike and order == .gt,
            .@">=" => alike and order != .lt,
            .contains => std.mem.indexOf(u8, field, wanted.text) != null,
            .starts => std.mem.startsWith(u8, field, wanted.text),
            .ends => std.mem.endsWith(u8, field, wanted.text),
            .empty => field.len == 0,
            .filled => field.len != 0,
        };
    }
};

const Key = struct { column: usize, descending: bool };

pub const Query = struct {
    gpa: std.mem.Allocator,
    table: Table,
    /// What could not be found, after error.Unknown.
    unknown: []const u8 = "",

    pub fn column(query: *Query, name: []const u8) Error!usize {
        for (query.table.columns, 0..) |known, n| if (std.mem.eql(u8, known, name)) return n;
        const known = try std.mem.join(query.gpa, ", ", query.table.columns);
        query.unknown = try std.fmt.allocPrint(query.gpa, "there is no column '{s}'; there are: {s}", .{ name, known });
        return error.Unknown;
    }

    pub fn columns(query: *Query, names: []const []const u8) Error![]usize {
        const out = try query.gpa.alloc(usize, names.len);
        for (names, out) |name, *to| to.* = try query.column(name);
        return out;
    }

    /// Return the rows that meet all conditions, in the table's order.
    pub fn matching(query: *Query, conditions: []const Condition) Error![]Row {
        const tests = try query.gpa.alloc(Test, conditions.len);
        for (conditions, tests) |c, *to| to.* = .{ .column = try query.column(c.column), .op = try query.op(c.op), .text = try query.text(c.value) };
        var out: std.ArrayList(Row) = .empty;
        rows: for (query.table.rows) |row| {
            for (tests) |wanted| if (!wanted.holds(row)) continue :rows;
            try out.append(query.gpa, row);
        }
        return out.items;
    }

    fn op(query: *Query, name: []const u8) Error!Op {
        return std.meta.stringToEnum(Op, name) orelse {
            query.unknown = try std.fmt.allocPrint(query.gpa, "there is no op '{s}'", .{name});
            return error.Unknown;
        };
    }

    fn text(query: *Query, given: std.json.Value) Error![]const u8 {
        return switch (given) {
            .string, .number_string => |t| t,
            .integer => |n| try std.fmt.allocPrint(query.gpa, "{d}", .{n}),
            .float => |n| try std.fmt.allocPrint(query.gpa, "{d}", .{n}),
            else => {
                query.unknown = "a condition's value must be a text or a number";
                return error.Unknown;
            },
        };
    }

    /// Sort rows in place; those that are alike stay in their order.
    pub fn sort(query: *Query, rows: []Row, by: []const Order) Error!void {
        const keys = try query.gpa.alloc(Key, by.len);
        for (by, keys) |b, *to| to.* = .{ .column = try query.column(b.column), .descending = b.descending };
        std.mem.sort(Row, rows, @as([]const Key, keys), before);
    }

    fn before(keys: []const Key, a: Row, b: Row) bool {
        for (keys) |key| {
            const order = value.order(a[key.column], b[key.column]);
            if (order != .eq) return (order == .lt) != key.descending;
        }
        return false;
    }

    /// Return a table of figures: the columns of `group_by`, then one for each figure.
    pub fn aggregated(query: *Query, rows: []const Row, figures: []const Figure, group_by: []const []const u8) Error!Table {
        const by = try query.columns(group_by);
        const names = try query.gpa.alloc([]const u8, by.len + figures.len);
        @memcpy(names[0..by.len], group_by);
        for (figures, names[by.len..]) |f, *to| to.* = try query.named(f);

        var out: std.ArrayList(Row) = .empty;
        for (try query.groups(rows, by)) |group| {
            const row = try query.gpa.alloc([]const u8, names.len);
            for (by, row[0..by.len]) |c, *to| to.* = group[0][c];
            for (figures, row[by.len..]) |f, *to| to.* = try query.figure(f, group);
            try out.append(query.gpa, row);
        }
        return .{ .columns = try unique(query.gpa, names), .rows = out.items };
    }

    fn named(query: *Query, f: Figure) Error![]const u8 {
        const name = f.column orelse {
            if (f.function == .count) return "count";
            query.unknown = try std.fmt.allocPrint(query.gpa, "{t} needs a column", .{f.function});
            return error.Unknown;
        };
        _ = try query.column(name);
        return std.fmt.allocPrint(query.gpa, "{t}({s})", .{ f.function, name });
    }

    /// Return the rows by group, without `by` one group of all; it may be empty.
    fn groups(query: *Query, rows: []const Row, by: []const usize) Error![]const []const Row {
        var found: std.StringArrayHashMapUnmanaged(std.ArrayList(Row)) = .empty;
        if (by.len == 0) try found.put(query.gpa, "", .empty);
        for (rows) |row| {
            var key: std.ArrayList(u8) = .empty;
            for (by) |c| try key.print(query.gpa, "{d}:{s}", .{ row[c].len, row[c] });
            const entry = try found.getOrPut(query.gpa, key.items);
            if (!entry.found_existing) entry.value_ptr.* = .empty;
            try entry.value_ptr.append(query.gpa, row);
        }
        const out = try query.gpa.alloc([]const Row, found.count());
        for (found.values(), out) |group, *to| to.* = group.items;
        return out;
    }

    /// Return a figure as a field; an empty one where there are no numbers.
    fn figure(query: *Query, f: Figure, rows: []const Row) Error![]const u8 {
        const name = f.column orelse return std.fmt.allocPrint(query.gpa, "{d}", .{rows.len});
        const at = try query.column(name);
        var filled: usize = 0;
        var count: f64 = 0;
        var sum: f64 = 0;
        var least: []const u8 = "";
        var most: []const u8 = "";
        for (rows) |row| {
            if (row[at].len > 0) filled += 1;
            const n = value.number(row[at]) orelse continue;
            count += 1;
            sum += n;
            if (least.len == 0 or n < value.number(least).?) least = row[at];
            if (most.len == 0 or n > value.number(most).?) most = row[at];
        }
        return switch (f.function) {
            .count => std.fmt.allocPrint(query.gpa, "{d}", .{filled}),
            .min => least,
            .max => most,
            .sum => value.written(query.gpa, sum),
            .avg => if (count == 0) "" else value.written(query.gpa, sum / count),
        };
    }
};
