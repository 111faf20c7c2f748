//! The plugin "csv": csv.query. What it takes and returns stands in lumos-plugin.toml.

const std = @import("std");
const lumos = @import("lumos");
const query_zig = @import("query.zig");
const table_zig = @import("table.zig");
const value = @import("value.zig");

const Query = query_zig.Query;
const Table = table_zig.Table;

comptime {
    lumos.plugin(@This());
}

pub const description = "{}";

const Arguments = struct {
    csv: []const u8,
    delimiter: []const u8 = "auto",
    header: bool = true,
    select: []const []const u8 = &.{},
    where: []const query_zig.Condition = &.{},
    order_by: []const query_zig.Order = &.{},
    aggregate: []const query_zig.Figure = &.{},
    group_by: []const []const u8 = &.{},
    limit: usize = 100,
};

pub fn tool(call: lumos.Call, id: []const u8, arguments: []const u8, _: []const u8) lumos.Error![]const u8 {
    if (!std.mem.eql(u8, id, "csv.query")) return call.unknown(id);
    const asked = try call.read(Arguments, arguments);
    var problem: table_zig.Problem = .{};
    const table = table_zig.read(call.gpa, asked.csv, try delimiter(call, asked.delimiter), asked.header, &problem) catch |e| switch (e) {
        error.OutOfMemory => return error.OutOfMemory,
        error.Malformed => {
            const message = try std.fmt.allocPrint(call.gpa, "line {d}: {s}", .{ problem.line, problem.what });
            return call.fail("invalid-input", message);
        },
    };
    var query: Query = .{ .gpa = call.gpa, .table = table };
    return answer(call, &query, asked) catch |e| switch (e) {
        error.Unknown => call.fail("invalid-input", query.unknown),
        error.OutOfMemory, error.WriteFailed => error.OutOfMemory,
    };
}

fn delimiter(call: lumos.Call, given: []const u8) lumos.Error!?u8 {
    if (std.mem.eql(u8, given, "auto")) return null;
    const fits = given.len == 1 and std.ascii.isAscii(given[0]) and std.mem.indexOfScalar(u8, "\"\r\n", given[0]) == null;
    return if (fits) given[0] else call.fail("invalid-input", "delimiter must be one ASCII character, no quote and no line end, or auto");
}

fn answer(call: lumos.Call, query: *Query, asked: Arguments) (query_zig.Error || error{WriteFailed})![]const u8 {
    const total = query.table.rows.len;
    var rows = try query.matching(asked.where);
    if (asked.aggregate.len > 0) {
        query.table = try query.aggregated(rows, asked.aggregate, asked.group_by);
        rows = try call.gpa.dupe([]const []const u8, query.table.rows);
    }
    try query.sort(rows, asked.order_by);
    const names = if (asked.select.len > 0) asked.select else query.table.columns;
    const shown = try query.columns(names);
    return written(call.gpa, names, shown, rows, asked.limit, total);
}

fn written(
    gpa: std.mem.Allocator,
    names: []const []const u8,
    shown: []const usize,
    rows: []const []const []const u8,
    limit: usize,
    total: usize,
) error{WriteFailed}![]const u8 {
    var text: std.Io.Writer.Allocating = .init(gpa);
    var out: std.json.Stringify = .{ .writer = &text.writer };
    try out.beginObject();
    try out.objectField("columns");
    try out.write(names);
    try out.objectField("rows");
    try out.beginArray();
    for (rows[0..@min(limit, rows.len)]) |row| {
        try out.beginObject();
        for (names, shown) |name, column| {
            try out.objectField(name);
            // A field that is a number is written as JSON writes it: it is put as it stands.
            if (value.number(row[column]) != null) try out.print("{s}", .{row[column]}) else try out.write(row[column]);
        }
        try out.endObject();
    }
    try out.endArray();
    try out.objectField("matched");
    try out.write(rows.len);
    try out.objectField("total");
    try out.write(total);
    try out.endObject();
    return text.written();
}
