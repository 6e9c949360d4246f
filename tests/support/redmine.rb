# Fills a throw-away Redmine: the same projects, people and fields as the simulated one has.
Setting.rest_api_enabled = '1'
Setting.text_formatting = ENV.fetch('TIDEGATE_FORMATTING', 'textile')
Setting.attachment_max_size = 20_480
Setting.notified_events = []
Setting.user_format = 'firstname_lastname'

def person(login, first, last, key, admin: false)
  user = User.find_by_login(login) || User.new
  user.login = login
  user.firstname, user.lastname = first, last
  user.mail = "#{login}@example.com"
  user.language = 'en'
  user.password = user.password_confirmation = SecureRandom.hex(16)
  user.admin = admin
  user.must_change_passwd = false
  user.status = User::STATUS_ACTIVE
  user.mail_notification = 'none'
  user.save!
  Token.where(user_id: user.id, action: 'api').delete_all
  now = Time.now
  Token.insert!({ user_id: user.id, action: 'api', value: key, created_on: now, updated_on: now })
  user
end

def project(identifier, name, public_)
  made = Project.new(name: name, is_public: public_)
  made.identifier = identifier
  made.enabled_module_names = %w[issue_tracking time_tracking]
  made.trackers = Tracker.sorted.to_a
  made.save!
  %w[1.0 2.0].each { |version| made.versions.create!(name: version) }
  %w[Backend Frontend].each { |category| made.issue_categories.create!(name: category) }
  made
end

def field(name, format, **more)
  made = IssueCustomField.new(name: name, field_format: format, is_for_all: true, is_filter: true, **more)
  made.trackers = Tracker.sorted.to_a
  made.save!
  made
end

# One transaction: a disk that is busy is waited for once.
ActiveRecord::Base.transaction do
  tidegate = person('tidegate', 'Tide', 'Gate', ENV.fetch('TIDEGATE_ADMIN_KEY'), admin: true)
  limited = person('limited', 'Lim', 'Ited', ENV.fetch('TIDEGATE_MEMBER_KEY'))
  alice = person('alice', 'Alice', 'Example', ENV.fetch('TIDEGATE_ALICE_KEY'))
  bob = person('bob', 'Bob', 'Example', ENV.fetch('TIDEGATE_BOB_KEY'))

  manager = Role.find_by_name('Manager')
  manager.permissions = manager.setable_permissions.map(&:name)
  manager.save!
  reporter = Role.find_by_name('Reporter')

  projects = [project('sim', 'Simulated project', false), project('lagoon', 'Lagoon', true)]
  projects.each do |made|
    [tidegate, alice, bob].each { |user| Member.create!(project: made, principal: user, roles: [manager]) }
    Member.create!(project: made, principal: limited, roles: [reporter])
  end

  field('Customer', 'string')
  field('Points', 'float')
  field('Severity', 'list', possible_values: %w[S1 S2 S3])
  field('Teams', 'list', possible_values: %w[Red Green Blue], multiple: true)
  field('Tester', 'user')
  field('Billable', 'bool')
  field('Story', 'text', text_formatting: 'full')
  field('Count', 'int')
  field('Since', 'date')
  field('Docs', 'link')
  field('Tidegate marker', 'string')
  stage = field('Stage', 'enumeration')
  %w[Alpha Beta].each_with_index { |name, at| stage.enumerations.create!(name: name, position: at + 1) }
rescue StandardError => e
  warn "The set-up failed: #{e.class}: #{e.message}"
  exit!(1)
end
