//! The library of plugins in Zig. A plugin is a file with some of these, and `comptime { lumos.plugin(@This()); }`:
//!
//!     pub const description = \\{"contributes": {"tool": [{"id": "my.greet", ...}]}}
//!     pub fn tool(call: lumos.Call, id: []const u8, arguments: []const u8, context: []const u8) lumos.Error![]const u8
//!
//! and likewise `step`, `processor`, `storage`, `take`, `close`, `prepare`, `parse`, `parseChunk`. Texts are UTF-8, and
//! mostly JSON. What `call.gpa` allocates lives until the call has been answered, and is then taken back all at once.

const std = @import("std");

const contract = "lumos:plugin/";
const version = "@1.0.0";

pub const Error = error{ Failed, OutOfMemory };

var arena: std.heap.ArenaAllocator = .init(std.heap.wasm_allocator);
var failure: []const u8 = "{\"code\":\"internal\",\"message\":\"out of memory\"}";

/// What a function works with while it answers one call.
pub const Call = struct {
    gpa: std.mem.Allocator,

    /// Answer with an error; `code` is one of host.wit's, as "invalid-input", whose message a model gets to read.
    pub fn fail(call: Call, code: []const u8, message: []const u8) Error {
        failure = try call.json(.{ .code = code, .message = message });
        return error.Failed;
    }

    /// Return any value as JSON text.
    pub fn json(call: Call, value: anytype) Error![]const u8 {
        return std.json.Stringify.valueAlloc(call.gpa, value, .{}) catch error.OutOfMemory;
    }

    /// Read a JSON text as a value of type `T`, fields that it does not know passed over.
    pub fn read(call: Call, T: type, text: []const u8) Error!T {
        return std.json.parseFromSliceLeaky(T, call.gpa, text, .{ .ignore_unknown_fields = true }) catch |e| {
            return if (e == error.OutOfMemory) error.OutOfMemory else call.fail("invalid-input", @errorName(e));
        };
    }

    pub fn unknown(call: Call, id: []const u8) Error {
        const message = std.mem.concat(call.gpa, u8, &.{ "the plugin has no ", id }) catch return error.OutOfMemory;
        return call.fail("not-found", message);
    }

    /// Ask the host: `call.host("kv", "get", .{"key"})` returns the answer's JSON text. Its errors become the call's own.
    pub fn host(_: Call, comptime interface: []const u8, comptime name: []const u8, texts: anytype) Error![]const u8 {
        var said: [3]u32 = undefined;
        const module = contract ++ interface ++ version;
        switch (texts.len) {
            0 => @extern(*const fn (*[3]u32) callconv(.c) void, .{ .name = name, .library_name = module })(&said),
            1 => {
                const a: []const u8 = texts[0];
                @extern(*const fn ([*]const u8, usize, *[3]u32) callconv(.c) void, .{ .name = name, .library_name = module })(a.ptr, a.len, &said);
            },
            2 => {
                const a: []const u8 = texts[0];
                const b: []const u8 = texts[1];
                @extern(*const fn ([*]const u8, usize, [*]const u8, usize, *[3]u32) callconv(.c) void, .{ .name = name, .library_name = module })(a.ptr, a.len, b.ptr, b.len, &said);
            },
            3 => {
                const a: []const u8 = texts[0];
                const b: []const u8 = texts[1];
                const c: []const u8 = texts[2];
                @extern(*const fn ([*]const u8, usize, [*]const u8, usize, [*]const u8, usize, *[3]u32) callconv(.c) void, .{ .name = name, .library_name = module })(a.ptr, a.len, b.ptr, b.len, c.ptr, c.len, &said);
            },
            else => @compileError("no function of the host takes more than three texts"),
        }
        const answer = if (said[2] == 0) "" else @as([*]const u8, @ptrFromInt(said[1]))[0..said[2]];
        if (said[0] & 255 == 0) return answer;
        failure = answer;
        return error.Failed;
    }
};

/// Export a plugin's functions under the contract's names.
pub fn plugin(comptime P: type) void {
    comptime {
        @export(&realloc, .{ .name = "cabi_realloc" });
        const describe = struct {
            fn on() callconv(.c) *[3]u32 {
                return answered(P.description);
            }
        }.on;
        @export(&describe, .{ .name = contract ++ "plugin" ++ version ++ "#describe" });
        export3(P, "tool", "tool", "call");
        export3(P, "step", "step", "run");
        export3(P, "storage", "storage", "execute");
        export3(P, "prepare", "provider", "prepare");
        export3(P, "parse", "provider", "parse");
        export3(P, "parseChunk", "provider", "parse-chunk");
        export4(P);
        export2(P);
        export1(P);
    }
}

fn export3(comptime P: type, comptime decl: []const u8, comptime interface: []const u8, comptime name: []const u8) void {
    if (!@hasDecl(P, decl)) return;
    const on = struct {
        fn on(a: [*]u8, al: usize, b: [*]u8, bl: usize, c: [*]u8, cl: usize) callconv(.c) *[3]u32 {
            return answered(@field(P, decl)(current(), a[0..al], b[0..bl], c[0..cl]));
        }
    }.on;
    exportFunction(&on, interface, name);
}

fn export4(comptime P: type) void {
    if (!@hasDecl(P, "processor")) return;
    const on = struct {
        fn on(a: [*]u8, al: usize, b: [*]u8, bl: usize, c: [*]u8, cl: usize, d: [*]u8, dl: usize) callconv(.c) *[3]u32 {
            return answered(P.processor(current(), a[0..al], b[0..bl], c[0..cl], d[0..dl]));
        }
    }.on;
    exportFunction(&on, "processor", "process");
}

fn export2(comptime P: type) void {
    if (!@hasDecl(P, "take")) return;
    const on = struct {
        fn on(a: [*]u8, al: usize, b: [*]u8, bl: usize) callconv(.c) *[3]u32 {
            return answered(P.take(current(), a[0..al], b[0..bl]));
        }
    }.on;
    exportFunction(&on, "monitor", "take");
}

fn export1(comptime P: type) void {
    if (!@hasDecl(P, "close")) return;
    const on = struct {
        fn on(a: [*]u8, al: usize) callconv(.c) *[3]u32 {
            return answered(P.close(current(), a[0..al]));
        }
    }.on;
    exportFunction(&on, "monitor", "close");
}

fn exportFunction(comptime on: anytype, comptime interface: []const u8, comptime name: []const u8) void {
    const full = contract ++ interface ++ version ++ "#" ++ name;
    @export(on, .{ .name = full });
    @export(&post, .{ .name = "cabi_post_" ++ full });
}

fn post(_: *[3]u32) callconv(.c) void {
    _ = arena.reset(.retain_capacity);
}

fn current() Call {
    return .{ .gpa = arena.allocator() };
}

fn realloc(old: ?[*]u8, had: usize, alignment: usize, size: usize) callconv(.c) ?[*]u8 {
    _ = alignment; // all there is are texts
    if (size == 0) return @ptrFromInt(1);
    const now = arena.allocator().alloc(u8, size) catch @trap();
    if (old) |o| @memcpy(now[0..@min(had, size)], o[0..@min(had, size)]);
    return now.ptr;
}

var result: [3]u32 = undefined;

fn answered(answer: Error![]const u8) *[3]u32 {
    const text = answer catch failure;
    result = .{ @intFromBool(if (answer) |_| false else |_| true), @intCast(@intFromPtr(text.ptr)), @intCast(text.len) };
    return &result;
}
